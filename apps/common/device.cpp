// The options that choose where a program computes, and the device that they name.
#include "common/device.hpp"

#include <cstdlib>
#include <utility>

#include "sateen/error.hpp"

namespace sateen::app {

namespace {

const Option kBackendPath{"backend-path", "PATH", "a plugin, or a folder of plugins, to look in first; may be repeated",
                          true};

/// The option, else the environment variable, else the fallback.
std::string option_or_variable(const Options& options, const char* option, const char* variable,
                               const std::string& fallback) {
  const char* value = std::getenv(variable);
  return options.text(option, value != nullptr && *value != '\0' ? value : fallback);
}

}  // namespace

void add_registry_options(Options& options) {
  options.add_group("Backends", {kBackendPath});
}

Registry make_registry(const Options& options, const Program& program) {
  Registry::Options places;
  for (const std::string& path : options.texts("backend-path")) places.backend_paths.emplace_back(path);
  places.log = program.log_sink();
  return Registry(std::move(places));
}

void add_device_options(Options& options) {
  options.add_group(
      "Device",
      {{"backend", "NAME", "what computes (default: SATEEN_BACKEND, or cpu)"},
       {"device", "ID",
        "which of the backend's devices: its id, its numbers, or a part of its name, as sateen-info "
        "--list-devices has them (default: SATEEN_DEVICE, or auto: a GPU, else the first)"},
       kBackendPath,
       {"device-option", "KEY=VALUE", "a setting of the device, such as threads=1 on cpu; may be repeated", true}});
}

Device open_device(const Options& options, const Program& program, const std::vector<std::string>& more_settings) {
  std::vector<std::string> settings = options.texts("device-option");
  for (const std::string& setting : settings) {
    const size_t equals = setting.find('=');
    if (equals == 0 || equals == std::string::npos) {
      throw Error(ErrorCode::kUsage, "--device-option: \"" + setting + "\" is not of the form KEY=VALUE");
    }
  }
  settings.insert(settings.end(), more_settings.begin(), more_settings.end());
  return make_registry(options, program)
      .open(option_or_variable(options, "backend", "SATEEN_BACKEND", "cpu"),
            option_or_variable(options, "device", "SATEEN_DEVICE", {}), settings);
}

}  // namespace sateen::app
