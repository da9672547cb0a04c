// sateen-info: says what this machine can train on, and tests it.
#include "common/device.hpp"
#include "common/exit_code.hpp"
#include "common/options.hpp"
#include "common/program.hpp"
#include "info/list.hpp"
#include "info/self_test/command.hpp"
#include "sateen/error.hpp"

namespace sateen::app {
namespace {

int list_devices(const Options& options, const Program& program) {
  const Registry registry = make_registry(options, program);
  Program::print(options.given("json") ? devices_as_json(registry) : devices_as_text(registry));
  Program::flush();
  for (const BackendRemark& remark : registry.remarks()) program.warning(remark.backend + ": " + remark.text);
  return kDone;
}

int run(const Program& program, int argc, const char* const* argv) {
  Options options(program.name(), "--list-devices | --self-test [options]",
                  "Says what this machine can train on, and tests whether it does so rightly.");
  options.add_group("What to show",
                    {{"list-devices", "", "every device of every backend, and the backends that can't be used"},
                     {"self-test", "", "whether a device computes rightly, how fast, and what it is"},
                     {"json", "", "as JSON"},
                     {"report", "FILE", "of --self-test: writes all that a bug report needs to a new file"}});
  add_device_options(options);
  options.set_ending(
      "Examples:\n"
      "  sateen-info --list-devices\n"
      "  sateen-info --self-test --backend opencl --report report.txt");
  if (!options.parse(argc, argv)) return kDone;
  const bool list = options.given("list-devices");
  const bool test = options.given("self-test");
  if (list == test) {
    throw Error(ErrorCode::kUsage,
                (list ? "--list-devices and --self-test are two things; try: " : "nothing to show; try: ") +
                    program.name() + " --list-devices, or " + program.name() + " --self-test");
  }
  for (const char* name : {"report", "backend", "device", "device-option"}) {
    if (list && options.given(name)) {
      throw Error(ErrorCode::kUsage,
                  std::string("--") + name + " is for --self-test; --list-devices shows all there is");
    }
  }
  return list ? list_devices(options, program) : self_test_command(options, program);
}

}  // namespace
}  // namespace sateen::app

int main(int argc, char** argv) {
  return sateen::app::run_program("sateen-info", sateen::app::run, argc, argv);
}
