// The options that choose where a program computes, and the device that they name.
#include "common/device.hpp"

#include "sateen/error.hpp"

namespace sateen::app {

void add_device_options(Options& options) {
  options.add_group(
      "Device",
      {{"backend", "NAME", "what computes (default: cpu)"},
       {"device", "ID", "which of the backend's devices, by its id (default: the first)"},
       {"backend-path", "PATH", "a plugin, or a folder of plugins, to look in first; may be repeated", true},
       {"device-option", "KEY=VALUE", "a setting of the device, such as threads=1 on cpu; may be repeated", true}});
}

Device open_device(const Options& options, const Program& program) {
  Registry::Options places;
  for (const std::string& path : options.texts("backend-path")) places.backend_paths.emplace_back(path);
  places.log = program.log_sink();
  const std::vector<std::string> settings = options.texts("device-option");
  for (const std::string& setting : settings) {
    const size_t equals = setting.find('=');
    if (equals == 0 || equals == std::string::npos) {
      throw Error(ErrorCode::kUsage, "--device-option: \"" + setting + "\" is not of the form KEY=VALUE");
    }
  }
  return Registry(std::move(places)).open(options.text("backend", "cpu"), options.text("device", {}), settings);
}

}  // namespace sateen::app
