// Settings of a run from what was given and, where it goes on, from its checkpoint.
#pragma once

#include <filesystem>
#include <optional>

#include "common/program.hpp"
#include "sateen/checkpoint.hpp"
#include "sateen/data.hpp"
#include "sateen/model.hpp"
#include "train/settings.hpp"

namespace sateen::app {

/// The network of --model, weights zero.
Sequential network(const std::string& name);

/// What was given, the rest by default.
TrainSettings settings_of(const GivenSettings& given);

/// What was given, the rest from the checkpoint; a note tells of what changes. Throws Error(kUsage), naming both values,
/// where something else was given that the run can't change any more.
TrainSettings settings_of(const GivenSettings& given, const Checkpoint& checkpoint, const std::filesystem::path& path);

/// Throws Error(kUsage) where the checkpoint was trained on another data set.
void check_data(const Dataset& data, const std::filesystem::path& folder, const Checkpoint& checkpoint,
                const std::filesystem::path& path);

}  // namespace sateen::app
