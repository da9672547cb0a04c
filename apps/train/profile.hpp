// The table of --profile: where the time of a training step goes.
#pragma once

#include "sateen/train.hpp"

namespace sateen::app {

/// Prints it on stderr: a line for each operation, the slowest first, then the device's time beside the wall's.
void report_profile(TrainProfile profile);

}  // namespace sateen::app
