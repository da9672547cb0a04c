// Measuring variants, and what was found as text and as JSON.
#include "bench/tune.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/device.hpp"
#include "common/exit_code.hpp"
#include "common/networks.hpp"
#include "common/numbers.hpp"
#include "sateen/data.hpp"
#include "sateen/error.hpp"
#include "sateen/predict.hpp"
#include "sateen/train.hpp"

namespace sateen::app {
namespace {

using Json = nlohmann::ordered_json;

struct TuneSettings {
  std::string model;
  int64_t batch_size = 64;
  uint64_t seconds = 60;
};

TuneSettings tune_settings(const Options& options) {
  constexpr uint64_t kMostSeconds = 86'400;
  constexpr uint64_t kMostImages = 1'000'000;
  TuneSettings settings;
  settings.model = options.choice("model", network_names());
  settings.batch_size = static_cast<int64_t>(options.whole_number("batch-size", 1, kMostImages));
  if (options.given("seconds")) settings.seconds = options.whole_number("seconds", 1, kMostSeconds);
  for (const char* name : {"images", "repeats", "turns", "brief"}) {
    if (options.given(name)) {
      throw Error(ErrorCode::kUsage, "tune has no use for --" + std::string(name) + "; leave it out");
    }
  }
  for (const std::string& setting : device_settings(options)) {
    if (setting.rfind("tune=", 0) == 0) {
      throw Error(ErrorCode::kUsage, "--device-option " + setting + ": tune goes by --seconds; leave it out");
    }
    if (setting.rfind("variant=", 0) == 0) {
      throw Error(ErrorCode::kUsage, "--device-option " + setting + " leaves nothing to choose from; leave it out");
    }
  }
  return settings;
}

/// Compiles all graphs of the network: that is when the device measures.
void compile_all(const TuneSettings& settings, const Device& device) {
  Sequential model = network(settings.model);
  model.initialise(0);
  const Dataset data = noise_dataset(model.input_shape(), static_cast<uint32_t>(model.output_shape().elements()),
                                     static_cast<uint32_t>(3 * settings.batch_size));
  TrainOptions options;
  options.batch_size = settings.batch_size;
  const Trainer trainer(device, model, data, split(data.size(), 1.0 / 3, 0), options);
  for (const int64_t images : {settings.batch_size, int64_t{1}}) const Predictor predictor(device, model, {}, images);
}

std::string as_text(const Choices& choices, const std::vector<TunedVariant>& variants) {
  constexpr size_t kName = 24;
  std::string text;
  for (const auto& [key, chosen] : choices) {
    text += key + "\n";
    bool measured = false;
    for (const TunedVariant& variant : variants) {
      if (variant.key != key) continue;
      measured = true;
      std::string name = (variant.variant == chosen ? "  * " : "    ") + variant.variant;
      name.resize(std::max(name.size() + 1, kName), ' ');
      text += name +
              (variant.refused            ? "refused"
               : variant.nanoseconds == 0 ? "untimed"
                                          : fixed(static_cast<double>(variant.nanoseconds) * 1e-6, 4) + " ms") +
              "\n";
    }
    if (!measured) text += "  * " + chosen + "\n";
  }
  return text;
}

std::string as_json(const TuneSettings& settings, const DeviceInfo& device, const Choices& choices,
                    const std::vector<TunedVariant>& variants) {
  Json operations = Json::array();
  for (const auto& [key, chosen] : choices) {
    Json tried = Json::array();
    for (const TunedVariant& variant : variants) {
      if (variant.key != key) continue;
      tried.push_back({{"variant", variant.variant},
                       {"nanoseconds", variant.nanoseconds == 0 ? Json(nullptr) : Json(variant.nanoseconds)},
                       {"refused", variant.refused}});
    }
    operations.push_back({{"operation", key}, {"chosen", chosen}, {"variants", std::move(tried)}});
  }
  const Json all{{"schema", "sateen.tune/1"},   {"version", SATEEN_VERSION},
                 {"backend", device.backend},   {"device", device.id},
                 {"device_name", device.name},  {"driver", device.driver},
                 {"model", settings.model},     {"batch_size", settings.batch_size},
                 {"seconds", settings.seconds}, {"operations", std::move(operations)}};
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

int tune(const Program& program, const Options& options) {
  const TuneSettings settings = tune_settings(options);
  DeviceWish wish;
  wish.tuning_settings = {"tune=" + std::to_string(settings.seconds), "retune=1"};
  OpenedDevice opened = open_device(options, program, wish);
  Program::note(opened.line);
  if (!opened.tunes) {
    throw Error(ErrorCode::kDevice,
                opened.device.info().id + ": its backend has no variants to choose from; opencl has");
  }
  compile_all(settings, opened.device);
  const Choices choices = opened.device.choices();
  const std::vector<TunedVariant> variants = opened.device.variants();
  if (variants.empty()) {
    throw Error(ErrorCode::kDevice, opened.device.info().id +
                                        ": nothing was measured; it takes a cache folder to keep it in, so name one by "
                                        "SATEEN_CACHE_DIR, and don't set SATEEN_CACHE_DISABLE");
  }
  Program::print(options.given("json") ? as_json(settings, opened.device.info(), choices, variants)
                                       : as_text(choices, variants));
  return kDone;
}

}  // namespace sateen::app
