// Checkpoints on disk: a .sateen file that holds a model and all that is needed to go on training it exactly.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sateen/device.hpp"
#include "sateen/export.hpp"
#include "sateen/model_file.hpp"
#include "sateen/optimizer.hpp"
#include "sateen/train.hpp"

namespace SATEEN_PUBLIC sateen {

/// So many epochs a checkpoint can hold.
constexpr uint64_t kMostEpochs = 100'000;

/// The weights of the best epoch so far.
struct BestEpoch {
  int64_t epoch = 0;           ///< from 1
  std::vector<float> weights;  ///< laid out as Sequential::weights
};

/// A training as it stands. It is a model file too: load_model reads the model with its present weights.
struct Checkpoint {
  ModelFile file;         ///< with the present weights
  TrainState state = {};  ///< of Trainer::state, with which they were taken
  // Settings that shape the result, besides the model and its seed and preprocessing.
  int64_t batch_size = 64;    ///< TrainOptions::batch_size
  Adam adam = {};             ///< TrainOptions::adam
  double held_out_share = 0;  ///< what split() was given
  int64_t epochs = 0;         ///< how many were planned in all
  TrainingPlan plan = {};     ///< TrainOptions::plan
  bool restore_best = false;  ///< whoever ends the run puts the weights of the best epoch into it
  std::string device = {};    ///< device_text of what it was trained on
  /// One record for each epoch ended. Their times are not kept: they read 0.
  std::vector<EpochRecord> history = {};
  std::optional<BestEpoch> best = {};  ///< by the plan's monitor; none before the first epoch has ended, and only then
  /// Device::choices of what it was trained on, once the trainer is made. To go on to the byte, Device::pin them before
  /// the next one is made; where its choices are others then, it goes on to rounding.
  Choices choices = {};
  Augmentation augmentation = {};  ///< shapes the result, as batch_size does
};

/// A device in words that a checkpoint can hold: backend, name and driver. On a device of the same words, with the same
/// settings and version of the library, a training goes on to the byte; elsewhere to rounding.
std::string device_text(const DeviceInfo& device);

/// Options for a Trainer that is to go on from this checkpoint: by restore(checkpoint.state, checkpoint.history).
TrainOptions options_of(const Checkpoint& checkpoint);

/// Writes it as save_model does. previous: a file name in the folder of the file (where path leads to) under which the
/// checkpoint that is replaced is kept (where the file system has hard links). The same checkpoint gives the same
/// bytes. Throws Error(kOutput); or Error(kUsage) when its parts don't fit each other, numbers are not finite or out of
/// range, or it has more than kMostEpochs: what load_checkpoint would refuse is not written.
void save_checkpoint(const Checkpoint& checkpoint, const std::filesystem::path& path, const std::string& previous = {});

/// Reads and verifies everything before it builds anything, as load_model does; throws what that throws. NaN and
/// infinite values are refused. A model that is no checkpoint is refused, and says so.
Checkpoint load_checkpoint(const std::filesystem::path& path);

/// The model of the best epoch, as best.sateen has it. Throws Error(kUsage) where there is none.
ModelFile best_model(const Checkpoint& checkpoint);

}  // namespace sateen
