// sateen-bench with the one word that it knows so far.
#include "bench/tune.hpp"
#include "common/device.hpp"
#include "common/exit_code.hpp"
#include "sateen/error.hpp"

namespace sateen::app {
namespace {

int run(const Program& program, int argc, const char* const* argv) {
  Options options(program.name(), "tune [options]", "Measures which kernels a device is fastest with.");
  options.add_group("Work", {{"model", "NAME", "plain or dropout (default: plain)"},
                             {"batch-size", "N", "images in a step (default: 64)"},
                             {"seconds", "X", "the most time for all measurements (default: 60)"}});
  options.add_group("Results", {{"json", "", "one JSON object of the schema sateen.tune/1"}});
  add_device_options(options);
  options.take_arguments();
  if (!options.parse(argc, argv)) return kDone;
  if (options.arguments() != std::vector<std::string>{"tune"}) {
    throw Error(ErrorCode::kUsage, "give tune, as in: sateen-bench tune");
  }
  return tune(program, options);
}

}  // namespace
}  // namespace sateen::app

int main(int argc, char** argv) {
  return sateen::app::run_program("sateen-bench", sateen::app::run, argc, argv);
}
