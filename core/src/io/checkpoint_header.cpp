// What a checkpoint adds to a model's header, and its history as a tensor.
#include "io/checkpoint_header.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "base/choice_word.hpp"
#include "io/json.hpp"
#include "io/utf8.hpp"
#include "sateen/error.hpp"

namespace sateen {

namespace {

using nlohmann::json;

constexpr const char* kWhere = "the training";
constexpr uint64_t kMostImages = std::numeric_limits<int32_t>::max();
constexpr const char* kChoicesKey = "choices";
constexpr const char* kPlanKey = "plan";
constexpr const char* kRestoreBestKey = "restore_best";
constexpr const char* kAugmentationKey = "augmentation";
constexpr size_t kFields = 7;
constexpr size_t kRowBytes = kFields * sizeof(double);

[[noreturn]] void bad(const std::string& what) {
  throw Error(ErrorCode::kBadInput, what);
}

void require(bool condition, const char* key, const char* is) {
  if (!condition) bad(std::string(kWhere) + ": \"" + key + "\" is not " + is);
}

int64_t whole(const json& object, const char* key, uint64_t lowest, uint64_t highest) {
  const uint64_t value = json_u64(object, key, kWhere);
  require(value >= lowest && value <= highest, key, "within its range");
  return static_cast<int64_t>(value);
}

double real(const json& object, const char* key) {
  const json& value = json_member(object, key, kWhere);
  require(value.is_number() && std::isfinite(value.get<double>()), key, "a number");
  return value.get<double>();
}

/// As f32, as the device gets it.
double positive(const json& object, const char* key) {
  const double value = real(object, key);
  require(std::isfinite(static_cast<float>(value)) && static_cast<float>(value) > 0, key, "above 0");
  return value;
}

double decay(const json& object, const char* key) {
  const double value = real(object, key);
  require(value >= 0 && static_cast<float>(value) < 1, key, "from 0 to below 1");
  return value;
}

void require_choice_word(std::string_view word) {
  require(is_choice_word(word), kChoicesKey, "made of printable words");
}

/// None where the file has none: one that was trained where there was nothing to choose.
Choices choices_of(const json& training) {
  Choices choices;
  if (!training.contains(kChoicesKey)) return choices;
  const json& object = json_object(training, kChoicesKey, kWhere);
  require(object.size() <= kMostChoices, kChoicesKey, "up to 4096 choices");
  for (const auto& entry : object.items()) {
    std::string variant = json_string(object, entry.key().c_str(), kWhere);
    require_choice_word(entry.key());
    require_choice_word(variant);
    choices.emplace(entry.key(), std::move(variant));
  }
  return choices;
}

/// From 0 to `highest`.
double bounded(const json& object, const char* key, double highest) {
  const double value = real(object, key);
  require(value >= 0 && value <= highest, key, "within its range");
  return value;
}

double factor(const json& object, const char* key) {
  const double value = real(object, key);
  require(value > 0 && value < 1, key, "above 0 and below 1");
  return value;
}

/// A name that the function knows.
template <typename T>
T named(const json& object, const char* key, std::optional<T> (*find)(std::string_view)) {
  const std::optional<T> value = find(json_string(object, key, kWhere));
  require(value.has_value(), key, "a name that this version knows");
  return *value;
}

void put_plan(const TrainingPlan& plan, json& object) {
  json_put(object, "monitor", name_of(plan.monitor));
  json_put(object, "minimum_rate", plan.minimum_rate);
  json& schedule = json_put_object(object, "schedule");
  json_put(schedule, "kind", name_of(plan.schedule.kind));
  json_put(schedule, "epochs", static_cast<uint64_t>(plan.schedule.epochs));
  json_put(schedule, "step_epochs", static_cast<uint64_t>(plan.schedule.step_epochs));
  json_put(schedule, "factor", plan.schedule.factor);
  json& reduce = json_put_object(object, "reduce");
  json_put(reduce, "patience", static_cast<uint64_t>(plan.reduce.patience));
  json_put(reduce, "factor", plan.reduce.factor);
  json_put(reduce, "min_delta", plan.reduce.min_delta);
  json& early_stop = json_put_object(object, "early_stop");
  json_put(early_stop, "patience", static_cast<uint64_t>(plan.early_stop.patience));
  json_put(early_stop, "min_delta", plan.early_stop.min_delta);
}

/// rate: the one that the training begins with.
TrainingPlan plan_of(const json& training, double rate) {
  constexpr double kAnyDelta = std::numeric_limits<double>::max();
  TrainingPlan plan;
  if (!training.contains(kPlanKey)) return plan;
  const json& object = json_object(training, kPlanKey, kWhere);
  plan.monitor = named(object, "monitor", monitor_by_name);
  plan.minimum_rate = bounded(object, "minimum_rate", rate);
  const json& schedule = json_object(object, "schedule", kWhere);
  plan.schedule.kind = named(schedule, "kind", schedule_by_name);
  const bool cosine = plan.schedule.kind == ScheduleKind::kCosine;
  plan.schedule.epochs = whole(schedule, "epochs", cosine ? 1 : 0, kMostEpochs);
  plan.schedule.step_epochs = whole(schedule, "step_epochs", 1, kMostEpochs);
  plan.schedule.factor = factor(schedule, "factor");
  const json& reduce = json_object(object, "reduce", kWhere);
  plan.reduce = {whole(reduce, "patience", 0, kMostEpochs), factor(reduce, "factor"),
                 bounded(reduce, "min_delta", kAnyDelta)};
  const json& early_stop = json_object(object, "early_stop", kWhere);
  plan.early_stop = {whole(early_stop, "patience", 0, kMostEpochs), bounded(early_stop, "min_delta", kAnyDelta)};
  return plan;
}

bool restore_best_of(const json& training) {
  if (!training.contains(kRestoreBestKey)) return false;
  const json& value = json_member(training, kRestoreBestKey, kWhere);
  require(value.is_boolean(), kRestoreBestKey, "true or false");
  return value.get<bool>();
}

/// None where the file has none.
Augmentation augmentation_of(const json& training) {
  Augmentation augmentation;
  if (!training.contains(kAugmentationKey)) return augmentation;
  const json& object = json_object(training, kAugmentationKey, kWhere);
  const json& mirror = json_member(object, "mirror", kWhere);
  require(mirror.is_boolean(), "mirror", "true or false");
  augmentation.mirror = mirror.get<bool>();
  augmentation.shift_pixels = static_cast<int32_t>(whole(object, "shift", 0, kMostImages));
  return augmentation;
}

std::array<double, kFields> row_of(const EpochRecord& record) {
  return {record.train.loss,    record.train.accuracy,    static_cast<double>(record.train.images),
          record.held_out.loss, record.held_out.accuracy, static_cast<double>(record.held_out.images),
          record.learning_rate};
}

Metrics metrics(double loss, double accuracy, double images) {
  if (!std::isfinite(loss) || !(accuracy >= 0 && accuracy <= 1) ||
      !(images >= 0 && images <= static_cast<double>(kMostImages))) {
    bad("its history holds numbers out of range");
  }
  return {loss, accuracy, static_cast<uint64_t>(images)};
}

}  // namespace

void encode_checkpoint_header(const Checkpoint& checkpoint, json& training) {
  const TrainState& state = checkpoint.state;
  const TrainingPlan& plan = checkpoint.plan;
  for (const double value :
       {state.loss_sum, state.correct, checkpoint.held_out_share, checkpoint.adam.learning_rate, checkpoint.adam.beta1,
        checkpoint.adam.beta2, checkpoint.adam.epsilon, plan.minimum_rate, plan.schedule.factor, plan.reduce.factor,
        plan.reduce.min_delta, plan.early_stop.min_delta}) {
    if (!std::isfinite(value)) throw Error(ErrorCode::kUsage, "a number of the training is not finite");
  }
  if (checkpoint.device.size() > kMaxDeviceBytes || !is_plain_text(checkpoint.device)) {
    throw Error(ErrorCode::kUsage, "the device is not up to 200 bytes of plain text; device_text gives it");
  }
  // Unsigned, as they are read: a negative one is then out of range.
  json_put(training, "epoch", static_cast<uint64_t>(state.epoch));
  json_put(training, "step", static_cast<uint64_t>(state.step));
  json_put(training, "loss_sum", state.loss_sum);
  json_put(training, "correct", state.correct);
  json_put(training, "images", state.images);
  json_put(training, "best_epoch", static_cast<uint64_t>(checkpoint.best ? checkpoint.best->epoch : 0));
  json_put(training, "epochs", static_cast<uint64_t>(checkpoint.epochs));
  json_put(training, "batch_size", static_cast<uint64_t>(checkpoint.batch_size));
  json_put(training, "held_out_share", checkpoint.held_out_share);
  json_put(training, "device", checkpoint.device);
  json& adam = json_put_object(training, "adam");
  json_put(adam, "learning_rate", checkpoint.adam.learning_rate);
  json_put(adam, "beta1", checkpoint.adam.beta1);
  json_put(adam, "beta2", checkpoint.adam.beta2);
  json_put(adam, "epsilon", checkpoint.adam.epsilon);
  if (plan != TrainingPlan()) put_plan(plan, json_put_object(training, kPlanKey));
  if (checkpoint.restore_best) json_put(training, kRestoreBestKey, true);
  if (checkpoint.augmentation.any()) {
    json& augmentation = json_put_object(training, kAugmentationKey);
    json_put(augmentation, "mirror", checkpoint.augmentation.mirror);
    json_put(augmentation, "shift", static_cast<uint64_t>(checkpoint.augmentation.shift_pixels));
  }
  if (checkpoint.choices.empty()) return;
  json& choices = json_put_object(training, kChoicesKey);
  for (const auto& [key, variant] : checkpoint.choices) json_put(choices, key, variant);
}

CheckpointHeader decode_checkpoint_header(const json& header) {
  if (!header.contains(kTrainingKey)) bad("is a model, not a checkpoint: it has nothing to go on from");
  const json& training = json_object(header, kTrainingKey, "the header");
  CheckpointHeader decoded;
  decoded.state.epoch = whole(training, "epoch", 0, kMostEpochs);
  decoded.state.step = whole(training, "step", 0, kMostImages);
  decoded.state.loss_sum = real(training, "loss_sum");
  decoded.state.correct = real(training, "correct");
  decoded.state.images = static_cast<uint64_t>(whole(training, "images", 0, kMostImages));
  require(decoded.state.correct >= 0 && decoded.state.correct <= static_cast<double>(decoded.state.images), "correct",
          "from 0 to the number of images");
  require(std::abs(decoded.state.loss_sum) <= std::numeric_limits<float>::max() * 1e10, "loss_sum", "within its range");
  decoded.best_epoch = whole(training, "best_epoch", 0, static_cast<uint64_t>(decoded.state.epoch));
  decoded.epochs = whole(training, "epochs", 0, kMostEpochs);
  decoded.batch_size = whole(training, "batch_size", 1, kMostImages);
  decoded.held_out_share = decay(training, "held_out_share");
  const json& adam = json_object(training, "adam", kWhere);
  decoded.adam = {positive(adam, "learning_rate"), decay(adam, "beta1"), decay(adam, "beta2"),
                  positive(adam, "epsilon")};
  decoded.device = json_string(training, "device", kWhere);
  require(decoded.device.size() <= kMaxDeviceBytes && is_plain_text(decoded.device), "device",
          "up to 200 bytes of plain text");
  decoded.plan = plan_of(training, decoded.adam.learning_rate);
  decoded.restore_best = restore_best_of(training);
  decoded.choices = choices_of(training);
  decoded.augmentation = augmentation_of(training);
  return decoded;
}

std::vector<uint8_t> encode_history(const std::vector<EpochRecord>& history) {
  std::vector<uint8_t> bytes(history.size() * kRowBytes);
  size_t at = 0;
  for (const EpochRecord& record : history) {
    for (const double field : row_of(record)) {
      store_le(std::span(bytes), at, std::bit_cast<uint64_t>(field));
      at += sizeof(double);
    }
  }
  return bytes;
}

ContainerTensor history_tensor(const std::string& name, Bytes history) {
  return {name, DType::kU8, {static_cast<int64_t>(history.size() / kRowBytes), int64_t{kRowBytes}}, history};
}

std::vector<EpochRecord> decode_history(const ContainerTensor& tensor, Monitor monitor) {
  if (tensor.dtype != DType::kU8 || tensor.dims.size() != 2 || tensor.dims[1] != int64_t{kRowBytes} ||
      tensor.dims[0] > int64_t{kMostEpochs}) {
    bad("tensor " + tensor.name + " is not u8 of up to 100000 rows of 56 bytes");
  }
  std::vector<EpochRecord> history;
  std::optional<EpochRecord> best;
  for (size_t at = 0; at < tensor.data.size(); at += kRowBytes) {
    std::array<double, kFields> row{};
    for (size_t i = 0; i < kFields; ++i) {
      row[i] = std::bit_cast<double>(load_le<uint64_t>(tensor.data, at + i * sizeof(double)));
    }
    EpochRecord record;
    record.epoch = static_cast<int64_t>(history.size()) + 1;
    record.train = metrics(row[0], row[1], row[2]);
    record.held_out = metrics(row[3], row[4], row[5]);
    record.learning_rate = row[6];
    if (!std::isfinite(record.learning_rate)) bad("its history holds numbers out of range");
    record.best = is_best(monitor, record, best);
    if (record.best) best = record;
    history.push_back(record);
  }
  return history;
}

}  // namespace sateen
