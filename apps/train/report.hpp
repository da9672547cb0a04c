// What sateen-train tells people, on stderr.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "sateen/data.hpp"
#include "sateen/model.hpp"
#include "sateen/train.hpp"
#include "train/output_folder.hpp"
#include "train/settings.hpp"

namespace sateen::app {

void report_data(const std::filesystem::path& folder, const Dataset& data, const Split& parts);
void report_model(const TrainSettings& settings, const Sequential& model);
void report_plan(const TrainSettings& settings, int64_t steps_per_epoch);
void report_epoch(const EpochRecord& record, int64_t epochs);

/// Where the best model is and how good it was, or that there is none yet.
std::string describe_best(const std::optional<EpochRecord>& best, const OutputFolder& out);

}  // namespace sateen::app
