// The rule of "auto", without devices.
#pragma once

#include <cstddef>
#include <span>

#include "sateen/device.hpp"

namespace sateen {

/// The index of the first GPU, or the number of devices.
size_t first_gpu(std::span<const DeviceInfo> devices);

/// The fastest; among those within 5 % of it, the first. A speed of 0 is a device that doesn't work. At least one works.
size_t fastest(std::span<const double> speeds);

}  // namespace sateen
