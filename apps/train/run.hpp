// A training run from data set to files.
#pragma once

#include "common/device.hpp"
#include "common/program.hpp"
#include "train/settings.hpp"

namespace sateen::app {

/// Trains and writes the files. Returns the exit code of a run that was stopped by a signal, or 0.
int train(const Program& program, const TrainSettings& settings, const OpenedDevice& opened);

}  // namespace sateen::app
