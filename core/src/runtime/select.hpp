// Finding the device that a user means.
#pragma once

#include <string>
#include <vector>

#include "sateen/device.hpp"

namespace sateen {

/// See Registry::find.
DeviceInfo select_device(const std::vector<DeviceInfo>& devices, const std::string& backend, const std::string& wanted);

}  // namespace sateen
