// Measuring: start, repeats, times of operations, peak.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bench/result.hpp"
#include "common/device.hpp"

namespace sateen::app {

/// Opens the device, with these settings beside the user's. It is the same one at each call.
using OpenDevice = std::function<OpenedDevice(const std::vector<std::string>& more_settings)>;

/// All that the settings ask for. Names the device on stderr. With settings.turns it says "ready" on stdout, and for each
/// line that then comes on stdin it does a repeat and writes its images a second.
BenchResult measure(const BenchSettings& settings, const OpenDevice& open);

}  // namespace sateen::app
