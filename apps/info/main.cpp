// sateen-info: says what this machine can train on.
#include "common/device.hpp"
#include "common/exit_code.hpp"
#include "common/options.hpp"
#include "common/program.hpp"
#include "info/list.hpp"
#include "sateen/error.hpp"

namespace sateen::app {
namespace {

int run(const Program& program, int argc, const char* const* argv) {
  Options options(program.name(), "--list-devices [options]", "Says what this machine can train on.");
  options.add_group("What to show",
                    {{"list-devices", "", "every device of every backend, and the backends that can't be used"},
                     {"json", "", "as JSON"}});
  add_registry_options(options);
  options.set_ending(
      "Examples:\n"
      "  sateen-info --list-devices\n"
      "  sateen-info --list-devices --json");
  if (!options.parse(argc, argv)) return kDone;
  if (!options.given("list-devices")) {
    throw Error(ErrorCode::kUsage, "nothing to show; try: " + program.name() + " --list-devices");
  }
  const Registry registry = make_registry(options, program);
  Program::print(options.given("json") ? devices_as_json(registry) : devices_as_text(registry));
  Program::flush();
  for (const BackendRemark& remark : registry.remarks()) program.warning(remark.backend + ": " + remark.text);
  return kDone;
}

}  // namespace
}  // namespace sateen::app

int main(int argc, char** argv) {
  return sateen::app::run_program("sateen-info", sateen::app::run, argc, argv);
}
