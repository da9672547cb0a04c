// Checkpoints to and from .sateen files.
#include "sateen/checkpoint.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "io/checkpoint_header.hpp"
#include "io/model_parts.hpp"
#include "io/safe_file.hpp"
#include "io/utf8.hpp"
#include "model/wrong_values.hpp"

namespace sateen {

namespace {

const std::string kAdamM = "training/adam_m/";
const std::string kAdamV = "training/adam_v/";
const std::string kBest = "training/best/";
const std::string kHistory = "training/history";

[[noreturn]] void bad(const std::string& what) {
  throw Error(ErrorCode::kBadInput, what);
}

void require(bool condition, const char* otherwise) {
  if (!condition) throw Error(ErrorCode::kUsage, otherwise);
}

/// Whether the best epoch is that of the history; none where that is empty, and only there.
bool agrees_with_history(const Checkpoint& checkpoint) {
  const std::optional<EpochRecord> best = best_epoch(checkpoint.plan.monitor, checkpoint.history);
  return best.has_value() == checkpoint.best.has_value() && (!best || best->epoch == checkpoint.best->epoch);
}

bool finite(std::span<const float> values) {
  return std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
}

bool negative(const std::vector<float>& values) {
  return std::any_of(values.begin(), values.end(), [](float value) { return value < 0; });
}

void check(const Checkpoint& checkpoint) {
  const uint64_t weights = checkpoint.file.model.parameter_count();
  require(checkpoint.state.adam_m.size() == weights && checkpoint.state.adam_v.size() == weights,
          "Adam's means are not as many as the model's weights");
  require(checkpoint.history.size() == static_cast<uint64_t>(checkpoint.state.epoch),
          "the history does not have a record for each epoch");
  require(checkpoint.history.size() <= kMostEpochs, "a checkpoint holds at most 100,000 epochs");
  require(!checkpoint.best || (checkpoint.best->epoch >= 1 && checkpoint.best->epoch <= checkpoint.state.epoch &&
                               checkpoint.best->weights.size() == weights),
          "the best epoch is none of the history, or its weights are not those of the model");
  require(finite(checkpoint.file.model.weights()) && finite(checkpoint.state.adam_m) &&
              finite(checkpoint.state.adam_v) && !negative(checkpoint.state.adam_v) &&
              (!checkpoint.best || finite(checkpoint.best->weights)),
          "weights or Adam's means are not finite, or a mean of squares is negative");
  const Sequential& model = checkpoint.file.model;
  require(find_wrong(model, checkpoint.state.adam_m, is_idle_mean) == nullptr &&
              find_wrong(model, checkpoint.state.adam_v, is_idle_mean) == nullptr,
          "Adam's means of what it does not move are not zero");
  require(find_wrong(model, model.weights(), is_below_zero) == nullptr &&
              (!checkpoint.best || find_wrong(model, checkpoint.best->weights, is_below_zero) == nullptr),
          "a variance is below 0");
  for (size_t i = 0; i < checkpoint.history.size(); ++i) {
    require(checkpoint.history[i].epoch == static_cast<int64_t>(i) + 1, "the history is not of the epochs from 1 on");
  }
  require(agrees_with_history(checkpoint), "the best epoch is not the best of the history");
}

/// What would be refused when it is read is not written.
void check_readable(const JsonTree& header, const ContainerTensor* history, Monitor monitor) {
  try {
    decode_checkpoint_header(header);
    if (history != nullptr) decode_history(*history, monitor);
  } catch (const Error& error) {
    throw Error(ErrorCode::kUsage, error.what());
  }
}

std::vector<float> read_section(const Container& container, const std::string& section, const Sequential& model) {
  std::vector<float> values(model.parameter_count());
  copy_section(container, section, model, values, /*allow_nonfinite=*/false);
  return values;
}

const ContainerTensor* find(const Container& container, const std::string& name) {
  const auto found = std::find_if(container.tensors.begin(), container.tensors.end(),
                                  [&](const ContainerTensor& tensor) { return tensor.name == name; });
  return found == container.tensors.end() ? nullptr : &*found;
}

}  // namespace

Checkpoint build_checkpoint(ModelParts& parts) {
  const CheckpointHeader header = decode_checkpoint_header(parts.container.header);
  Checkpoint checkpoint{build_model(parts, {}),
                        {},
                        header.batch_size,
                        header.adam,
                        header.held_out_share,
                        header.epochs,
                        header.plan,
                        header.restore_best,
                        header.device,
                        {},
                        {},
                        header.choices,
                        header.augmentation};
  const Sequential& model = checkpoint.file.model;
  checkpoint.state = header.state;
  checkpoint.state.adam_m = read_section(parts.container, kAdamM, model);
  checkpoint.state.adam_v = read_section(parts.container, kAdamV, model);
  if (negative(checkpoint.state.adam_v)) {
    bad("the tensors " + kAdamV + "… hold a negative value");
  }
  constexpr const char* kMoved = " holds means of what Adam does not move, not zeros";
  refuse_values(kAdamM, model, checkpoint.state.adam_m, is_idle_mean, kMoved);
  refuse_values(kAdamV, model, checkpoint.state.adam_v, is_idle_mean, kMoved);
  if (const ContainerTensor* history = find(parts.container, kHistory)) {
    checkpoint.history = decode_history(*history, header.plan.monitor);
  }
  if (checkpoint.history.size() != static_cast<uint64_t>(header.state.epoch)) {
    bad("its history does not have a row for each epoch");
  }
  if (header.best_epoch != 0) {
    checkpoint.best = {header.best_epoch, read_section(parts.container, kBest, model)};
    refuse_values(kBest, model, checkpoint.best->weights, is_below_zero, kBelowZero);
  }
  if (!agrees_with_history(checkpoint)) bad("its best epoch is not the best of its history");
  return checkpoint;
}

std::string device_text(const DeviceInfo& device) {
  const std::string words = device.backend + ", " + device.name + (device.driver.empty() ? "" : ", " + device.driver);
  std::string text;
  for (std::string_view rest = words; !rest.empty();) {
    // Names come from drivers, in whatever bytes.
    const size_t length = utf8_length(rest);
    const std::string_view character = rest.substr(0, std::max<size_t>(length, 1));
    if (text.size() + character.size() > kMaxDeviceBytes) break;
    text += length != 0 && is_plain_text(character) ? character : std::string_view("?");
    rest.remove_prefix(character.size());
  }
  return text;
}

TrainOptions options_of(const Checkpoint& checkpoint) {
  return {checkpoint.batch_size,         checkpoint.file.seed, checkpoint.adam,
          checkpoint.file.preprocessing, checkpoint.plan,      checkpoint.augmentation};
}

void save_checkpoint(const Checkpoint& checkpoint, const std::filesystem::path& path, const std::string& previous) {
  std::vector<uint8_t> history;  // the encoded file borrows it
  const EncodedContainer encoded = naming_file(path, [&] {
    check(checkpoint);
    const Sequential& model = checkpoint.file.model;
    JsonTree header = encode_model_header(checkpoint.file);
    encode_checkpoint_header(checkpoint, json_put_object(header.root(), kTrainingKey));
    std::vector<ContainerTensor> tensors;
    add_section(tensors, kWeightsSection, model, model.weights());
    add_section(tensors, kAdamM, model, checkpoint.state.adam_m);
    add_section(tensors, kAdamV, model, checkpoint.state.adam_v);
    if (checkpoint.best) add_section(tensors, kBest, model, checkpoint.best->weights);
    if (!checkpoint.history.empty()) {
      history = encode_history(checkpoint.history);
      tensors.push_back(history_tensor(kHistory, history));
    }
    check_readable(header, history.empty() ? nullptr : &tensors.back(), checkpoint.plan.monitor);
    return encode_parts(std::move(header), tensors);
  });
  write_file_safely(path, encoded.chunks, previous);
}

Checkpoint load_checkpoint(const std::filesystem::path& path) {
  return naming_input(path, [&] {
    ModelParts parts = read_parts(path);
    return build_checkpoint(parts);
  });
}

ModelFile best_model(const Checkpoint& checkpoint) {
  require(checkpoint.best.has_value(), "no epoch has ended, so there is no best model yet");
  ModelFile file = checkpoint.file;
  std::copy(checkpoint.best->weights.begin(), checkpoint.best->weights.end(), file.model.weights().begin());
  return file;
}

}  // namespace sateen
