// What a rank of a run does before it trains: the checks, the checkpoint that it begins with, the trainer.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

#include "sateen/checkpoint.hpp"
#include "sateen/communicator.hpp"
#include "sateen/data.hpp"
#include "sateen/device.hpp"
#include "sateen/train.hpp"
#include "train/settings.hpp"

namespace sateen::app {

void check_batch_size(const TrainSettings& settings, size_t images);
/// So that what is held out is what the share says, before the first epoch as after it.
void check_held_out(const TrainSettings& settings, const Split& parts);

/// A run that is about to begin, without weights and state.
Checkpoint beginning(const TrainSettings& settings, const Dataset& data);
/// Takes over the settings that may be others than in the file that was read; whether one is.
bool adopt(Checkpoint& checkpoint, const TrainSettings& settings);
/// Of what trains it from now on.
bool adopt(Checkpoint& checkpoint, const std::string& device);

/// The ranks that a trainer works with.
struct Group {
  std::shared_ptr<Communicator> ranks;  ///< null: none
  ParallelOptions options;
};

/// path: of the checkpoint of a run that goes on; what doesn't fit is then that file's fault. Empty: a run that begins.
Trainer trainer_of(const Device& device, const Checkpoint& checkpoint, const Dataset& data, Split parts,
                   const Group& group, const std::filesystem::path& path);

}  // namespace sateen::app
