// A training run from data set to files.
#pragma once

#include <functional>

#include "common/device.hpp"
#include "common/program.hpp"
#include "train/settings.hpp"

namespace sateen::app {

/// Trains and writes the files. Returns the exit code of a run that was stopped by a signal, or 0. The device is opened
/// when data and folder are known to be good, since that may take seconds.
int train(const Program& program, const RunSettings& run, const GivenSettings& given,
          const std::function<OpenedDevice(DeviceWish)>& open);

}  // namespace sateen::app
