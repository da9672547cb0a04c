// Kernels are tried out by rank 0 alone; devices of its kind take what it chose.
#pragma once

#include <string>

#include "sateen/communicator.hpp"
#include "sateen/device.hpp"

namespace sateen {

/// What decides how an update is rounded: the device, its driver, and what its kernels were compiled with.
std::string kind_of(Device& device);

/// Of rank 0, once it has compiled its programs.
void tell_choices(Communicator& group, Device& device, const ParallelOptions& options);
/// Of the others, before they compile theirs: waits for rank 0. Programs of other shares than its may want other keys,
/// for which a rank goes by what it knows itself.
void take_choices(Communicator& group, Device& device, const ParallelOptions& options);

}  // namespace sateen
