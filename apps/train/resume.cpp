// Settings of a run from what was given and, where it goes on, from its checkpoint.
#include "train/resume.hpp"

#include <string>
#include <utility>

#include "common/augmentation.hpp"
#include "common/networks.hpp"
#include "common/numbers.hpp"
#include "common/plan_text.hpp"
#include "sateen/error.hpp"
#include "train/plan_options.hpp"

namespace sateen::app {
namespace {

std::string shown(const std::string& value) {
  return value;
}
std::string shown(double value) {
  return general(value);
}
std::string shown(const Augmentation& value) {
  return augmentation_text(value);
}
template <std::integral T>
std::string shown(T value) {
  return std::to_string(value);
}

/// Throws unless nothing, or just this, was given.
template <typename T>
void keep(const char* option, const std::optional<T>& given, const T& trained, const std::filesystem::path& path) {
  if (!given || *given == trained) return;
  throw Error(ErrorCode::kUsage, std::string("--") + option + " " + shown(*given) + ": " + path.string() +
                                     " was trained with " + shown(trained) + "; leave --" + option +
                                     " out to go on, or begin another run with --out");
}

std::string known_network(const Sequential& model, const std::filesystem::path& path) {
  if (const auto name = network_name(model)) return *name;
  throw Error(ErrorCode::kUsage,
              path.string() + ": its network is none of --model; " + "it can only go on in the program that made it");
}

}  // namespace

TrainSettings settings_of(const GivenSettings& given) {
  TrainSettings settings;
  settings.model = given.model.value_or(settings.model);
  settings.epochs = given.epochs.value_or(settings.epochs);
  settings.batch_size = given.batch_size.value_or(settings.batch_size);
  settings.seed = given.seed.value_or(settings.seed);
  settings.learning_rate = given.learning_rate.value_or(settings.learning_rate);
  settings.held_out_share = given.held_out_share.value_or(settings.held_out_share);
  take_plan(given.plan, settings);
  settings.augmentation = given.augmentation.value_or(settings.augmentation);
  return settings;
}

TrainSettings settings_of(const GivenSettings& given, const Checkpoint& checkpoint, const std::filesystem::path& path) {
  TrainSettings settings;
  settings.model = known_network(checkpoint.file.model, path);
  settings.batch_size = checkpoint.batch_size;
  settings.seed = checkpoint.file.seed;
  settings.held_out_share = checkpoint.held_out_share;
  settings.augmentation = checkpoint.augmentation;
  keep("model", given.model, settings.model, path);
  keep("batch-size", given.batch_size, settings.batch_size, path);
  keep("seed", given.seed, settings.seed, path);
  keep("val-split", given.held_out_share, settings.held_out_share, path);
  keep("augment", given.augmentation, settings.augmentation, path);
  settings.epochs = given.epochs.value_or(checkpoint.epochs);
  settings.learning_rate = given.learning_rate.value_or(checkpoint.adam.learning_rate);
  settings.plan = checkpoint.plan;
  settings.restore_best = checkpoint.restore_best;
  std::optional<std::string> monitor;
  if (given.plan.monitor) monitor = name_of(*given.plan.monitor);
  keep("monitor", monitor, std::string(name_of(seen_by(checkpoint))), path);
  GivenPlan plan = given.plan;
  plan.monitor.reset();  // it stays
  take_plan(plan, settings);
  return settings;
}

void check_data(const Dataset& data, const std::filesystem::path& folder, const Checkpoint& checkpoint,
                const std::filesystem::path& path) {
  if (data.hash() == checkpoint.file.data_hash && data.class_names() == checkpoint.file.class_names) return;
  throw Error(ErrorCode::kUsage, folder.string() + ": is another data set than the one that " + path.string() +
                                     " was trained on; give that one by --data, or begin another run with --out");
}

Checkpoint load_last(const OutputFolder& out) {
  try {
    return load_checkpoint(out.last());
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kBadInput) throw;
    int64_t epoch = 0;
    try {
      epoch = load_checkpoint(out.previous()).state.epoch;
    } catch (const Error&) {  // no help from there
      throw error;
    }
    throw Error(error.code(), std::string(error.what()) + "; the checkpoint before it, of epoch " +
                                  std::to_string(epoch) + ", is whole: to go on from there, copy " +
                                  out.previous().string() + " over it");
  }
}

}  // namespace sateen::app
