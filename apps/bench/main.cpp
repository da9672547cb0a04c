// sateen-bench: how fast a device trains and predicts, and how much of what it could do that is.
#include <algorithm>
#include <array>
#include <string>

#include "bench/measure.hpp"
#include "bench/tune.hpp"
#include "common/exit_code.hpp"
#include "common/networks.hpp"
#include "common/options.hpp"
#include "common/program.hpp"
#include "sateen/checkpoint.hpp"
#include "sateen/error.hpp"

namespace sateen::app {
namespace {

constexpr uint64_t kMaxRepeats = 1000;

void describe(Options& options) {
  options.add_group(
      "Work",
      {{"model", "NAME", "plain, dropout or deep", "plain"},
       {"batch-size", "N", "images in a step", "64"},
       {"images", "N",
        "random pictures in memory, of which a pass takes all (default: 1024 and four batches or more, on GPUs 16384 "
        "and sixteen)"},
       {"repeats", "N", "how often passes are timed", "5"},
       {"seconds", "X",
        "how long a repeat is at least (default: 0.5); tune: the most time for all, in whole seconds (default: 60)"},
       {"turns", "",
        "instead of --repeats: \"ready\" on stdout, and for each line on stdin a repeat and its images per second; the "
        "results follow when stdin ends"}});
  options.add_group("Results",
                    {{"json", "", "one JSON object of the schema sateen.bench/1, or sateen.tune/1"},
                     {"brief", "", "speed and memory alone: no times of operations, no peak of the device"}});
  add_device_options(options);
  options.take_arguments();
  options.set_ending(
      "train times whole epochs without evaluation, infer predictions until their\n"
      "probabilities are in the host's memory; both after a warm-up. Times of\n"
      "operations come from a run of their own, the device's peak from small kernels.\n"
      "tune measures which kernels the device is fastest with, and keeps that for\n"
      "later; it takes --model, --batch-size, --seconds, --json and device options.\n"
      "Results alone go to stdout.",
      {"sateen-bench train", "sateen-bench infer --batch-size 256 --backend opencl --json",
       "sateen-bench tune --backend opencl"});
}

BenchSettings bench_settings(const Options& options, Mode mode) {
  BenchSettings settings;
  settings.mode = mode;
  settings.model = options.choice("model", network_names());
  settings.batch_size = static_cast<int64_t>(options.whole_number("batch-size", 1, kMaxBatch));
  if (options.given("images")) settings.images = static_cast<uint32_t>(options.whole_number("images", 1, kMaxImages));
  settings.repeats = options.whole_number("repeats", 1, kMaxRepeats);
  if (options.given("seconds")) {
    settings.seconds = options.number(
        "seconds", [](double x) { return x > 0 && x <= 3600; }, "a number above 0 and up to 3600");
  }
  settings.turns = options.given("turns");
  settings.brief = options.given("brief");
  if (settings.turns && options.given("repeats")) {
    throw Error(ErrorCode::kUsage, "with --turns the lines on stdin are the repeats; leave --repeats out");
  }
  return settings;
}

int bench(const Program& program, const Options& options, Mode mode) {
  const BenchSettings settings = bench_settings(options, mode);
  std::string chosen;  // so that auto takes the same one again
  const auto open = [&](const std::vector<std::string>& more_settings) {
    OpenedDevice opened = open_device(options, program, {.more_settings = more_settings, .auto_takes = chosen});
    chosen = device_text(opened.device.info());
    return opened;
  };
  BenchResult result = measure(settings, open);
  result.options = device_settings(options);
  Program::print(options.given("json") ? as_json(result) : as_text(result));
  Program::flush();
  return kDone;
}

/// A word after the program's name, and what it does.
struct Verb {
  const char* name;
  int (*run)(const Program& program, const Options& options);
};

constexpr std::array<Verb, 3> kVerbs = {
    {{"train", [](const Program& program, const Options& options) { return bench(program, options, Mode::kTrain); }},
     {"infer", [](const Program& program, const Options& options) { return bench(program, options, Mode::kInfer); }},
     {"tune", tune}}};

int run(const Program& program, int argc, const char* const* argv) {
  Options options(program.name(), "train|infer|tune [options]", "Measures how fast a device trains, or predicts.");
  describe(options);
  if (!options.parse(argc, argv) || options.print_config()) return kDone;
  std::string verbs;
  for (const Verb& verb : kVerbs) {
    verbs += (verbs.empty() ? "" : &verb == &kVerbs.back() ? " or " : ", ") + std::string(verb.name);
  }
  if (options.arguments().empty()) {
    throw Error(ErrorCode::kUsage, "nothing to do; give " + verbs + ", as in: sateen-bench train");
  }
  const std::string& word = options.arguments().front();
  const auto* verb = std::find_if(kVerbs.begin(), kVerbs.end(), [&](const Verb& each) { return word == each.name; });
  if (verb == kVerbs.end()) throw Error(ErrorCode::kUsage, "\"" + word + "\" is not " + verbs);
  if (options.arguments().size() > 1) {
    throw Error(ErrorCode::kUsage,
                "unexpected argument \"" + options.arguments()[1] + "\"; one of " + verbs + " is enough");
  }
  return verb->run(program, options);
}

}  // namespace
}  // namespace sateen::app

int main(int argc, char** argv) {
  return sateen::app::run_program("sateen-bench", sateen::app::run, argc, argv);
}
