// The devices of this machine, as a table and as JSON.
#pragma once

#include <string>

#include "sateen/device.hpp"

namespace sateen::app {

/// For people: a line a device, then a line a backend that can't be used.
std::string devices_as_text(const Registry& registry);

/// {"devices": [{"backend", "id", "name", "vendor", "driver", "type", "memory_bytes"}…],
///  "unavailable": [{"name", "reason"}…]}
std::string devices_as_json(const Registry& registry);

}  // namespace sateen::app
