// sateen-bench tune: measures which variants of its kernels a device is fastest with, for the published network.
#pragma once

#include "common/options.hpp"
#include "common/program.hpp"

namespace sateen::app {

/// Of the options --model, --batch-size, --seconds, --json and those of the device. Prints for each operation what was
/// tried and what is taken from now on. Returns the exit code.
int tune(const Program& program, const Options& options);

}  // namespace sateen::app
