// The rule of "auto", without devices.
#include "choose/rule.hpp"

#include <algorithm>

namespace sateen {

size_t first_gpu(std::span<const DeviceInfo> devices) {
  const auto gpu =
      std::find_if(devices.begin(), devices.end(), [](const DeviceInfo& d) { return d.type == SATEEN_DEVICE_GPU; });
  return static_cast<size_t>(gpu - devices.begin());
}

size_t fastest(std::span<const double> speeds) {
  constexpr double kTie = 1.05;
  const double best = *std::max_element(speeds.begin(), speeds.end());
  const auto first = std::find_if(speeds.begin(), speeds.end(), [&](double s) { return s * kTie >= best; });
  return static_cast<size_t>(first - speeds.begin());
}

}  // namespace sateen
