// What the target needs, and opening it.
#include "target.hpp"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace conformance {
namespace {

std::unique_ptr<Target>& slot() {
  static std::unique_ptr<Target> target;
  return target;
}

std::string missing_instructions(const std::string& needs) {
#if defined(__x86_64__)
  if (needs == "avx2" && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return {};
  if (needs == "avx512" && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    return {};
  return "this processor has no " + needs;
#else
  return needs + " is an instruction set of x86-64";
#endif
}

/// Why a backend that was built has no device here; "" where it has one, or where it is missing for another reason,
/// which is then the tests' to show.
std::string missing_device(const TargetOptions& options) {
  sateen::Registry::Options places;
  places.backend_paths = options.backend_paths;
  const sateen::Registry registry(places);
  for (const sateen::UnavailableBackend& u : registry.unavailable()) {
    if (u.name == options.backend) return u.reason;
  }
  return {};
}

std::string missing_file(const std::filesystem::path& file) {
  if (file.empty() || std::filesystem::exists(file)) return {};
  std::ifstream why(file.string() + ".missing");
  std::string reason;
  return std::getline(why, reason) ? reason : "there is no " + file.string();
}

}  // namespace

std::string missing_needs(const TargetOptions& options) {
  std::string reason = missing_file(options.needs_file);
  if (!reason.empty() || options.needs.empty()) return reason;
  return options.needs == "device" ? missing_device(options) : missing_instructions(options.needs);
}

std::string command_variables() {
  std::string r;
  for (const char* name : {"OCL_ICD_VENDORS", "LD_LIBRARY_PATH", "SATEEN_OPENCL_PRETEND"}) {
    if (const char* value = std::getenv(name)) r += std::string(name) + "=" + value + " ";
  }
  return r;
}

Target::Target(const TargetOptions& options, const std::vector<std::string>& more_options) : options_(options) {
  sateen::Registry::Options registry;
  registry.backend_paths = options.backend_paths;
  registry.log = options.log;
  registry_ = std::make_unique<sateen::Registry>(registry);
  std::vector<std::string> all = options.options;
  all.insert(all.end(), more_options.begin(), more_options.end());
  device_.emplace(registry_->open(options.backend, options.device_id, all));
  device_->set_fallback_log(false);  // the tests say what it lacks
  alignment_ = registry_->find(options.backend, options.device_id).alignment;
  const std::string& driver = device_->info().driver;
  if (driver.find(options.expect_driver) == std::string::npos)
    throw std::runtime_error("the device's driver is " + driver + ", not " + options.expect_driver);
}

void open_target(const TargetOptions& options) {
  slot() = std::make_unique<Target>(options);
}
void close_target() {
  slot().reset();
}
Target& target() {
  return *slot();
}

}  // namespace conformance
