// What sateen-train tells people, on stderr.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "common/program.hpp"
#include "sateen/checkpoint.hpp"
#include "sateen/data.hpp"
#include "sateen/model.hpp"
#include "sateen/train.hpp"
#include "train/output_folder.hpp"
#include "train/settings.hpp"

namespace sateen::app {

void report_data(const std::filesystem::path& folder, const Dataset& data, const Split& parts);
void report_model(const TrainSettings& settings, const Sequential& model);
void report_plan(const Checkpoint& checkpoint, int64_t steps_per_epoch);
/// After an epoch: that the learning rate is reduced, or that the training ends early.
void report_steering(const Checkpoint& checkpoint);
/// Of a run that goes on: from where.
void report_resume(const Checkpoint& checkpoint, const OutputFolder& out);
/// Of a run that goes on: that it was trained elsewhere before, so that the rest is equal to rounding. device: it is on
/// this one now.
void report_move(const Checkpoint& before, const std::string& device);
/// Which settings are others than before.
void report_changes(const Checkpoint& before, const TrainSettings& settings);
/// Of a run that goes on on the same device, whose kernels are chosen now: which are others than before.
void report_choices(const Choices& before, const Choices& now);
/// Of a run that has nothing left to do.
void report_finished(const Checkpoint& checkpoint, const TrainSettings& settings, const OutputFolder& out);
/// Of a run that a signal has ended, after saving.
void report_stop(const Program& program, int signal, const Checkpoint& checkpoint, const OutputFolder& out);
void report_epoch(const EpochRecord& record, int64_t epochs, bool color);

/// What --lr is, and the learning rate of the epoch that is next where a schedule or a plateau has made it another.
std::string describe_rate(const Checkpoint& checkpoint);
/// Which epoch last.sateen has, and how to go on.
std::string describe_checkpoint(const Checkpoint& checkpoint, const OutputFolder& out);
/// Of a run by several ranks: how many there are and how they talk, and their devices, of which it shows the first lines.
void report_ranks(const std::string& ranks, std::span<const std::string> devices);
/// Of a run by several ranks: what of its network is not as on a single one.
void report_local_statistics(const Sequential& model);
/// Where the best model is and how good it was, or that there is none yet.
std::string describe_best(const Checkpoint& checkpoint, const OutputFolder& out);

}  // namespace sateen::app
