// Reading the extension sateen.peak/1.
#pragma once

#include <optional>

#include "runtime/device_state.hpp"

namespace sateen {

/// What Device::peak gives.
std::optional<PeakRates> read_peak(const DeviceState& device);

}  // namespace sateen
