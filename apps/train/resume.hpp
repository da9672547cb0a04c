// Settings of a run from what was given and, where it goes on, from its checkpoint.
#pragma once

#include <filesystem>
#include <optional>

#include "sateen/checkpoint.hpp"
#include "sateen/data.hpp"
#include "sateen/model.hpp"
#include "train/output_folder.hpp"
#include "train/settings.hpp"

namespace sateen::app {

/// What was given, the rest by default.
TrainSettings settings_of(const GivenSettings& given);

/// The checkpoint of a folder. Throws what load_checkpoint throws, and says so where the one before it would do.
Checkpoint load_last(const OutputFolder& out);

/// What was given, the rest from the checkpoint. Throws Error(kUsage), naming both values,
/// where something else was given that the run can't change any more.
TrainSettings settings_of(const GivenSettings& given, const Checkpoint& checkpoint, const std::filesystem::path& path);

/// Throws Error(kUsage) where the checkpoint was trained on another data set.
void check_data(const Dataset& data, const std::filesystem::path& folder, const Checkpoint& checkpoint,
                const std::filesystem::path& path);

}  // namespace sateen::app
