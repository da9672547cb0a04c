// Memory on cache-line boundaries: buffers, the arena, scratch.
#pragma once

#include <cstdint>

#include "sateen/sdk/host_device.hpp"

namespace sateen::cpu {

constexpr uint64_t kAlignment = sdk::kHostAlignment;

using Memory = sdk::HostMemory;

}  // namespace sateen::cpu
