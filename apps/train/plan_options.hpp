// The options by which a training is steered: schedule, plateaus, early stop, monitor.
#pragma once

#include "common/options.hpp"
#include "train/settings.hpp"

namespace sateen::app {

void add_plan_options(Options& options);
/// Throws Error(kUsage) for values out of range.
GivenPlan given_plan(const Options& options);
/// What was given, the rest as it was. Throws Error(kUsage) where it doesn't fit the other settings.
void take_plan(const GivenPlan& given, TrainSettings& settings);

}  // namespace sateen::app
