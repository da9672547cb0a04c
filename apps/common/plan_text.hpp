// A training plan in words.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sateen/checkpoint.hpp"

namespace sateen::app {

/// What a plan does beyond training on with the same rate, as names and values: {"early stop", "after 3 epochs without
/// a better val_loss"}. Empty for the default.
std::vector<std::pair<std::string, std::string>> plan_rows(const Checkpoint& checkpoint);
/// "after 3 epochs", or "never" for 0.
std::string patience_text(int64_t patience);
/// "times 0.1 after 2 epochs", or "never".
std::string reduction_text(const TrainingPlan& plan);
/// "step: times 0.1 every 10 epochs".
std::string schedule_text(const TrainingPlan& plan);
/// "1 epoch", "3 epochs".
std::string epochs_text(int64_t epochs);
/// Of a run with these settings: what its monitor sees.
Monitor seen_by(const Checkpoint& checkpoint);

}  // namespace sateen::app
