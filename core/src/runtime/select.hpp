// Finding the device that a user means.
#pragma once

#include <string>
#include <vector>

#include "sateen/device.hpp"

namespace sateen {

/// See Registry::find. backend: whose devices they are, or "": those of all backends, so that numbers alone (0:1) or a
/// part of a name may fit any of them. missing: what an error adds where nothing fits.
DeviceInfo select_device(const std::vector<DeviceInfo>& devices, const std::string& backend, const std::string& wanted,
                         const std::string& missing = {});

}  // namespace sateen
