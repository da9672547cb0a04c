// A training run from data set to files.
#pragma once

#include "common/program.hpp"
#include "sateen/device.hpp"
#include "train/settings.hpp"

namespace sateen::app {

/// Trains and writes the files. Returns the exit code of a run that was stopped by a signal, or 0.
int train(const Program& program, const TrainSettings& settings, const Device& device);

}  // namespace sateen::app
