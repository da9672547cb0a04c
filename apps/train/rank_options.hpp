// The options of a training by several devices.
#pragma once

#include "common/options.hpp"
#include "train/settings.hpp"

namespace sateen::app {

void add_rank_options(Options& options);
/// Throws Error(kUsage) for values out of range, and for options that only serve where there are several ranks.
RankSettings rank_settings(const Options& options);

}  // namespace sateen::app
