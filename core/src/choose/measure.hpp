// How fast devices train: a few steps of the published network on each.
#pragma once

#include <string>
#include <vector>

#include "sateen/cancel.hpp"
#include "sateen/device.hpp"

namespace sateen {

struct Measured {
  double images_per_second = 0;  ///< 0 where it failed, or where no other one works
  std::string failure;           ///< why it can't be used; "" where it works
};

/// One result for each candidate. About two seconds for all of them together once their kernels are compiled.
/// Throws Error(kCancelled) soon after the token was used.
std::vector<Measured> measure_speeds(const Registry& registry, const std::vector<DeviceInfo>& candidates,
                                     const CancelToken& cancel);

}  // namespace sateen
