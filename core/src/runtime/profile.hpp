// Reading the extension sateen.profile/1.
#pragma once

#include <vector>

#include "runtime/device_state.hpp"

namespace sateen {

/// What Program::profile gives.
std::vector<OpProfile> read_profile(const DeviceState& device, const sateen_program* program);

}  // namespace sateen
