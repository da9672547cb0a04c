// Reading the extension sateen.tuning/1.
#pragma once

#include <vector>

#include "runtime/device_state.hpp"

namespace sateen {

/// NULL where the backend has none.
const sateen_tuning* find_tuning(const sateen_backend& backend);

// What Device::choices, pin and variants do.
Choices read_choices(const DeviceState& device);
void pin_choices(const DeviceState& device, const Choices& choices);
std::vector<TunedVariant> read_variants(const DeviceState& device);

}  // namespace sateen
