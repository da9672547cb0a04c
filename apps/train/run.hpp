// A training run from data set to files.
#pragma once

#include "common/program.hpp"
#include "train/follow.hpp"
#include "train/settings.hpp"

namespace sateen::app {

/// Trains, alone or with other ranks, and writes the files. open may be called from several threads. Returns the exit code of a run that was stopped by a signal, or 0. The device is opened
/// when data and folder are known to be good, since that may take seconds.
int train(const Program& program, const RunSettings& run, const GivenSettings& given, const OpenDevice& open);

}  // namespace sateen::app
