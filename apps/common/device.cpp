// The options that choose where a program computes, and the device that they name.
#include "common/device.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/numbers.hpp"
#include "common/place.hpp"
#include "common/signals.hpp"
#include "common/text.hpp"
#include "sateen/checkpoint.hpp"
#include "sateen/error.hpp"

namespace sateen::app {

namespace {

const Option kBackendPath{.name = "backend-path",
                          .value = "PATH",
                          .text = "a plugin, or a folder of plugins, to look in first; may be repeated",
                          .repeatable = true};

constexpr const char* kOtherSettings =
    " (auto chose this device, and settings are a backend's own: name it with --backend)";
constexpr const char* kOtherDevice = " (auto chose this device; --backend and --device take another)";

/// Two digits that count: the measurement is no better. 6637 → "6,600"
std::string rounded(double speed) {
  double unit = 1;
  while (speed / unit >= 100) unit *= 10;
  return grouped(static_cast<uint64_t>(std::round(speed / unit) * unit));
}

/// "6,600 images/s, cpu 5,900", the chosen one first.
std::string speeds(const DeviceChoice& choice) {
  std::string chosen, others;
  for (const DeviceSpeed& speed : choice.speeds) {
    const std::string value = rounded(speed.images_per_second);
    if (speed.id == choice.device.id) {
      chosen = value + " images/s";
    } else {
      others += ", " + speed.id + " " + value;
    }
  }
  return chosen + others;
}

std::string reason(const DeviceChoice& choice, const Registry& registry) {
  switch (choice.reason) {
    case DeviceChoice::Reason::kAsked:
      return {};
    case DeviceChoice::Reason::kGpu:
      return "the first GPU";
    case DeviceChoice::Reason::kOnly:
      return registry.unavailable().empty() ? "the only one"
                                            : "the only one; sateen-info --list-devices says what is missing";
    case DeviceChoice::Reason::kMeasured:
      return speeds(choice);
    case DeviceChoice::Reason::kRemembered:
      return speeds(choice) + "; remembered";
    case DeviceChoice::Reason::kUnmeasured:
      return "nothing measured yet, so the first";
  }
  return {};
}

std::string device_line(const DeviceChoice& choice, const Registry& registry) {
  const DeviceInfo& info = choice.device;
  std::string line = "device    " + info.id + ", " + info.name;
  if (!info.driver.empty()) line += ", " + info.driver;
  const std::string why = reason(choice, registry);
  if (!why.empty()) line += " (auto: " + why + ")";
  return one_line(line);
}

bool is_auto(const DeviceRequest& request) {
  return request.backend == "auto" && (request.device.empty() || request.device == "auto");
}

// The device of these words, where it is there.
void take(const std::string& words, const Registry& registry, DeviceRequest& request) {
  for (const DeviceInfo& device : registry.devices()) {
    if (device_text(device) != words) continue;
    request.backend = device.backend;
    request.device = device.id;
    return;
  }
}

/// All of it, or what is more than information.
LogSink log_of(const Program& program, const DeviceWish& wish) {
  if (!wish.quiet) return program.log_sink();
  return [sink = program.log_sink()](LogLevel level, std::string_view message) {
    if (level != LogLevel::kInfo) sink(level, message);
  };
}

}  // namespace

void add_registry_options(Options& options) {
  options.add_group("Backends", {kBackendPath});
}

Registry::Options registry_places(const Options& options, LogSink log) {
  Registry::Options places;
  for (const std::string& path : options.texts("backend-path")) places.backend_paths.emplace_back(path);
  places.log = std::move(log);
  places.strict = options.given("strict");
  return places;
}

Registry make_registry(const Options& options, const Program& program) {
  return Registry(registry_places(options, program.log_sink()));
}

void add_device_options(Options& options, bool several) {
  const std::string which =
      "which device: its id, its numbers, or a part of its name; auto: a GPU, else the backend's first";
  options.add_group(
      "Device",
      {{"backend", "NAME",
        "what computes: cpu, opencl, or another of sateen-info --list-devices; auto: a GPU, else the fastest device",
        "auto", "SATEEN_BACKEND"},
       {"device", several ? "ID[,ID...]" : "ID", which + (several ? "; with commas several that train together" : ""),
        "auto", "SATEEN_DEVICE"},
       kBackendPath,
       {.name = "device-option",
        .value = "KEY=VALUE",
        .text = "a setting of the backend's, such as threads=1 of cpu; may be repeated",
        .repeatable = true},
       {"strict", "",
        "operations that the device can't do are an error; without it they run on cpu, and a line says so"}});
  options.add_variable("SATEEN_CACHE_DIR", "Where measurements and compiled kernels are kept.");
  options.add_variable("SATEEN_CACHE_DISABLE", "With 1, nothing is kept and nothing kept is used.");
}

std::vector<std::string> device_settings(const Options& options) {
  std::vector<std::string> settings = options.texts("device-option");
  for (const std::string& setting : settings) {
    const size_t equals = setting.find('=');
    if (equals == 0 || equals == std::string::npos) {
      throw Error(ErrorCode::kUsage, "--device-option: \"" + setting + "\" is not of the form KEY=VALUE");
    }
  }
  return settings;
}

DeviceRequest device_request(const Options& options, const Program& program, DeviceRequest::Measure measure) {
  return {options.text("backend"), options.text("device"), measure, program.log_sink(), {}};
}

OpenedDevice open_device(const Options& options, const Program& program, const DeviceWish& wish) {
  std::vector<std::string> settings = device_settings(options);
  settings.insert(settings.end(), wish.more_settings.begin(), wish.more_settings.end());
  const KeptSignals kept;
  const Registry registry(registry_places(options, log_of(program, wish)));
  DeviceRequest request = device_request(options, program, wish.measure);
  request.log = log_of(program, wish);
  request.cancel = wish.cancel;
  if (!wish.device.empty()) request.device = wish.device;
  take_place(wish, registry, request);
  if (!wish.auto_takes.empty() && is_auto(request)) take(wish.auto_takes, registry, request);
  const DeviceChoice choice = choose_device(registry, request);
  const std::vector<std::string> threads = share_of_threads(wish, choice.device);
  settings.insert(settings.begin(), threads.begin(), threads.end());
  const bool tunes = registry.tunes(choice.device.backend);
  if (tunes) settings.insert(settings.begin(), wish.tuning_settings.begin(), wish.tuning_settings.end());
  try {
    return {registry.open(choice.device.backend, choice.device.id, settings), device_line(choice, registry), tunes};
  } catch (const Error& error) {
    if (choice.reason == DeviceChoice::Reason::kAsked) throw;
    throw Error(error.code(),
                std::string(error.what()) + (error.code() == ErrorCode::kUsage ? kOtherSettings : kOtherDevice));
  }
}

}  // namespace sateen::app
