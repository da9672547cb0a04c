// What a .sateen file holds, as JSON.
#include <nlohmann/json.hpp>

#include "common/layer_parameters.hpp"
#include "common/numbers.hpp"
#include "info/file.hpp"

namespace sateen::app {
namespace {

using Json = nlohmann::ordered_json;

Json layers(const Sequential& model) {
  Json layers = Json::array();
  for (size_t i = 0; i < model.layer_count(); ++i) {
    Json settings = Json::object();
    for (const auto& [name, value] : model.layer(i).attributes()) {
      std::visit([&, &key = name](const auto& held) { settings[key] = held; }, value);
    }
    const auto output = model.layer_output(i).dims();
    layers.push_back({{"name", model.layer_name(i)},
                      {"type", model.layer(i).type()},
                      {"output", std::vector<int64_t>(output.begin(), output.end())},
                      {"parameters", parameters_of(model, i)},
                      {"settings", std::move(settings)}});
  }
  return layers;
}

Json metrics(const Metrics& metrics) {
  if (metrics.images == 0) return nullptr;
  return {{"loss", metrics.loss}, {"accuracy", metrics.accuracy}, {"images", metrics.images}};
}

Json plan(const TrainingPlan& plan) {
  const LearningRateSchedule& schedule = plan.schedule;
  return {{"monitor", name_of(plan.monitor)},
          {"minimum_rate", plan.minimum_rate},
          {"schedule",
           {{"kind", name_of(schedule.kind)},
            {"epochs", schedule.epochs},
            {"step_epochs", schedule.step_epochs},
            {"factor", schedule.factor}}},
          {"reduce",
           {{"patience", plan.reduce.patience}, {"factor", plan.reduce.factor}, {"min_delta", plan.reduce.min_delta}}},
          {"early_stop", {{"patience", plan.early_stop.patience}, {"min_delta", plan.early_stop.min_delta}}}};
}

Json training(const Checkpoint& checkpoint) {
  Json history = Json::array();
  for (const EpochRecord& epoch : checkpoint.history) {
    history.push_back({{"epoch", epoch.epoch},
                       {"train", metrics(epoch.train)},
                       {"held_out", metrics(epoch.held_out)},
                       {"learning_rate", epoch.learning_rate}});
  }
  Json choices = Json::object();
  for (const auto& [key, variant] : checkpoint.choices) choices[key] = variant;
  const Augmentation& augmentation = checkpoint.augmentation;
  return {{"epoch", checkpoint.state.epoch},
          {"step", checkpoint.state.step},
          {"epochs", checkpoint.epochs},
          {"best_epoch", checkpoint.best ? Json(checkpoint.best->epoch) : Json(nullptr)},
          {"batch_size", checkpoint.batch_size},
          {"held_out_share", checkpoint.held_out_share},
          {"augmentation", {{"mirror", augmentation.mirror}, {"shift", augmentation.shift_pixels}}},
          {"adam",
           {{"learning_rate", checkpoint.adam.learning_rate},
            {"beta1", checkpoint.adam.beta1},
            {"beta2", checkpoint.adam.beta2},
            {"epsilon", checkpoint.adam.epsilon}}},
          {"plan", plan(checkpoint.plan)},
          {"restore_best", checkpoint.restore_best},
          {"device", checkpoint.device},
          {"choices", Json(std::move(choices))},
          {"history", std::move(history)}};
}

}  // namespace

std::string file_as_json(const std::filesystem::path& path, const FileSummary& file) {
  const ModelFile& model = file.model();
  const auto input = model.model.input_shape().dims();
  Json tensors = Json::array();
  for (const TensorSummary& tensor : file.tensors) {
    tensors.push_back({{"name", tensor.name},
                       {"dtype", dtype_name(tensor.dtype)},
                       {"shape", tensor.shape},
                       {"bytes", tensor.bytes},
                       {"xxh3_64", hash_text(tensor.hash)}});
  }
  Json all{{"schema", "sateen.file/1"},
           {"file", path.string()},
           {"kind", file.checkpoint() != nullptr ? "checkpoint" : "model"},
           {"format", std::to_string(file.major) + "." + std::to_string(file.minor)},
           {"bytes", file.bytes},
           {"input", std::vector<int64_t>(input.begin(), input.end())},
           {"layers", layers(model.model)},
           {"parameters", model.model.parameter_count()},
           {"trainable_parameters", model.model.trainable_count()},
           {"preprocessing", {{"scale", model.preprocessing.scale}, {"shift", model.preprocessing.shift}}},
           {"labels", model.class_names},
           {"version", model.version},
           {"data_hash", hash_text(model.data_hash)},
           {"seed", model.seed}};
  if (const Checkpoint* checkpoint = file.checkpoint()) all["training"] = training(*checkpoint);
  all["header_xxh3_64"] = hash_text(file.header_hash);
  all["tensors"] = std::move(tensors);
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace sateen::app
