// What a rank of a run does before it trains: the checks, the checkpoint that it begins with, the trainer.
#include "train/prepare.hpp"

#include <string>
#include <utility>

#include "common/networks.hpp"
#include "common/numbers.hpp"
#include "sateen/error.hpp"

namespace sateen::app {

void check_batch_size(const TrainSettings& settings, size_t images) {
  if (static_cast<uint64_t>(settings.batch_size) <= images) return;
  throw Error(ErrorCode::kUsage, "--batch-size " + std::to_string(settings.batch_size) +
                                     " is too large; images to train on: " + grouped(images));
}

void check_held_out(const TrainSettings& settings, const Split& parts) {
  if (settings.held_out_share == 0 || !parts.held_out.empty()) return;
  throw Error(ErrorCode::kUsage, "--val-split " + general(settings.held_out_share) + " holds out none of " +
                                     grouped(parts.train.size()) + " images; give a larger one, or 0");
}

Checkpoint beginning(const TrainSettings& settings, const Dataset& data) {
  Sequential model = network(settings.model);
  model.initialise(settings.seed);
  Checkpoint checkpoint{{std::move(model), {}, data.class_names(), /*version=*/{}, data.hash(), settings.seed}};
  checkpoint.batch_size = settings.batch_size;
  checkpoint.held_out_share = settings.held_out_share;
  checkpoint.augmentation = settings.augmentation;
  return checkpoint;
}

bool adopt(Checkpoint& checkpoint, const TrainSettings& settings) {
  const bool changed = checkpoint.epochs != settings.epochs ||
                       checkpoint.adam.learning_rate != settings.learning_rate || checkpoint.plan != settings.plan ||
                       checkpoint.restore_best != settings.restore_best;
  checkpoint.epochs = settings.epochs;
  checkpoint.adam.learning_rate = settings.learning_rate;
  checkpoint.plan = settings.plan;
  checkpoint.restore_best = settings.restore_best;
  return changed;
}

bool adopt(Checkpoint& checkpoint, const std::string& device) {
  const bool changed = checkpoint.device != device || checkpoint.file.version != SATEEN_VERSION;
  checkpoint.device = device;
  checkpoint.file.version = SATEEN_VERSION;
  return changed;
}

Trainer trainer_of(const Device& device, const Checkpoint& checkpoint, const Dataset& data, Split parts,
                   const Group& group, const std::filesystem::path& path) {
  ParallelOptions options = group.options;
  options.alike = {{"version", SATEEN_VERSION}, {"number of epochs", std::to_string(checkpoint.epochs)}};
  try {
    Trainer trainer(device, checkpoint.file.model, data, std::move(parts), options_of(checkpoint), group.ranks,
                    std::move(options));
    if (!path.empty()) trainer.restore(checkpoint.state, checkpoint.history);
    return trainer;
  } catch (const GroupError&) {
    throw;
  } catch (const Error& error) {
    if (path.empty() || error.code() != ErrorCode::kUsage) throw;
    throw Error(ErrorCode::kBadInput, path.string() + ": " + error.what());
  }
}

}  // namespace sateen::app
