// Finding the backend under test.
#include "conformance/subject.hpp"

#include <algorithm>
#include <filesystem>

#include "common/text.hpp"
#include "conformance/report.hpp"
#include "sateen/error.hpp"

namespace sateen::app {
namespace {

/// A name of a backend has no such characters.
bool is_path(const std::string& backend) {
  return backend.find('/') != std::string::npos || backend.find('.') != std::string::npos;
}

/// The name of the backend in a plugin's file.
std::string name_of(const std::string& file, const LogSink& log) {
  Registry::Options places;
  places.default_paths = false;
  places.log = log;
  const std::vector<std::string> built_in = Registry(places).backends();
  places.backend_paths = {file};
  const Registry registry(places);
  for (const std::string& name : registry.backends()) {
    if (std::find(built_in.begin(), built_in.end(), name) == built_in.end()) return name;
  }
  std::string reason = "there is no backend in it";
  for (const UnavailableBackend& each : registry.unavailable()) reason = each.name + ": " + each.reason;
  throw Error(ErrorCode::kDevice, file + ": " + reason);
}

}  // namespace

void add_subject_options(Options& options) {
  options.add_group(
      "Backend",
      {{"backend", "NAME|PATH", "what is tested: a name, or the file of a plugin", "cpu"},
       {"device", "ID", "which of its devices: an id, its numbers, or a part of its name; auto: the first", "auto"},
       {.name = "option",
        .value = "KEY=VALUE",
        .text = "a setting of the backend's, such as threads=1 of cpu; may be repeated",
        .repeatable = true},
       {.name = "backend-path",
        .value = "PATH",
        .text = "a plugin, or a folder of plugins, to look in first; may be repeated",
        .repeatable = true}});
  options.add_variable("SATEEN_BACKEND_PATH",
                       "Where plugins are looked for, too: full paths, with a colon between them.");
  options.add_group("In test commands",
                    {{"needs", "WHAT",
                      "device, avx2 or avx512: where the machine has no device of the backend, or not these "
                      "instructions, the exit code "
                      "is 77 and a line says why"},
                     {"needs-file", "FILE", "the same where there is no such file"},
                     {"expect-driver", "TEXT", "a device whose driver hasn't this in its name is an error"}});
}

conformance::TargetOptions subject_of(const Options& options, const Program& program) {
  conformance::TargetOptions target;
  target.log = program.log_sink();
  target.backend = options.text("backend");
  target.device_id = options.text("device");
  target.options = options.texts("option");
  for (const std::string& path : options.texts("backend-path")) {
    if (path.empty()) throw Error(ErrorCode::kUsage, "--backend-path: a plugin or a folder of plugins is wanted");
    target.backend_paths.emplace_back(path);
  }
  target.needs = options.given("needs") ? options.choice("needs", {"device", "avx2", "avx512"}) : "";
  target.needs_file = options.text("needs-file");
  target.expect_driver = options.text("expect-driver");
  for (const std::string& setting : target.options) {
    const size_t equals = setting.find('=');
    if (equals == 0 || equals == std::string::npos) {
      throw Error(ErrorCode::kUsage, "--option: \"" + setting + "\" is not of the form KEY=VALUE");
    }
  }
  if (is_path(target.backend)) {
    const std::filesystem::path file = target.backend;
    if (!std::filesystem::is_regular_file(file)) {
      throw Error(ErrorCode::kUsage, "--backend: there is no file " + target.backend);
    }
    target.backend = name_of(target.backend, target.log);
    target.backend_paths.insert(target.backend_paths.begin(), std::filesystem::absolute(file));
  }
  return target;
}

std::string subject_line() {
  const DeviceInfo& info = conformance::target().device().info();
  return one_line("device    " + info.id + ", " + info.name + (info.driver.empty() ? "" : ", " + info.driver));
}

std::string subject_command(const Options& options) {
  std::string command = conformance::command_variables() + "sateen-conformance";
  for (const char* name :
       {"backend", "device", "option", "backend-path", "expect-driver", "unsupported", "expected-failures"}) {
    if (!options.given(name)) continue;
    for (const std::string& value : options.texts(name)) command += std::string(" --") + name + " " + shell_word(value);
  }
  return command;
}

}  // namespace sateen::app
