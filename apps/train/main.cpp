// sateen-train: trains the Fashion-MNIST network and keeps the best model, the last one and the history.
#include <cstdlib>
#include <string>
#include <vector>

#include "common/device.hpp"
#include "common/options.hpp"
#include "common/program.hpp"
#include "sateen/data.hpp"
#include "sateen/error.hpp"
#include "train/run.hpp"

namespace sateen::app {
namespace {

constexpr uint64_t kMaxEpochs = 1'000'000;
constexpr uint64_t kMaxBatch = 1'000'000;

void describe(Options& options) {
  options.add_group("Network and training", {{"model", "NAME", "plain or dropout (default: dropout)"},
                                             {"epochs", "N", "passes over the training images (default: 20)"},
                                             {"batch-size", "N", "images in a step (default: 64)"},
                                             {"lr", "X", "Adam's learning rate (default: 0.001)"},
                                             {"seed", "N", "of weights, order, dropout and split (default: 0)"}});
  options.add_group("Files", {{"out", "DIR", "where best.sateen, last.sateen and history.csv go; made if missing"},
                              {"data", "DIR",
                               "where Fashion-MNIST's files are (default: $SATEEN_DATA, or else where Debian's package "
                               "dataset-fashion-mnist puts them)"},
                              {"val-split", "X", "share of the training images that is held out (default: 0.2)"}});
  add_device_options(options);
  options.add_group("Messages", {{"progress", "WHEN", "a line an epoch: auto or plain; none leaves them out"},
                                 {"profile", "", "end with the time of each operation of a training step"}});
  options.set_ending(
      "best.sateen is the model of the epoch with the lowest held-out loss. Messages go\n"
      "to stderr, nothing to stdout. Ctrl-C finishes the steps in flight and saves\n"
      "last.sateen; a second Ctrl-C leaves at once.\n\n"
      "Examples:\n"
      "  sateen-train --out run1\n"
      "  sateen-train --model plain --epochs 5 --lr 0.0005 --seed 7 --out run2");
}

std::string data_folder(const Options& options) {
  const char* variable = std::getenv("SATEEN_DATA");
  const bool overruled = options.from_config("data") && variable != nullptr && *variable != '\0';
  return overruled ? variable : options.text("data", default_data_folder().string());
}

TrainSettings settings_of(const Options& options) {
  TrainSettings settings;
  settings.model = options.choice("model", {"dropout", "plain"});
  settings.epochs = static_cast<int64_t>(options.whole_number("epochs", 20, 1, kMaxEpochs));
  settings.batch_size = static_cast<int64_t>(options.whole_number("batch-size", 64, 1, kMaxBatch));
  settings.seed = options.whole_number("seed", 0, 0, UINT64_MAX);
  settings.learning_rate = options.number(
      "lr", 1e-3, [](double x) { return x > 0 && x <= 1e30; }, "a number above 0 and up to 1e30");
  settings.held_out_share = options.number(
      "val-split", 0.2, [](double x) { return x >= 0 && x < 1; }, "a number from 0 to below 1");
  settings.epoch_lines = options.choice("progress", {"auto", "plain", "none"}) != "none";
  settings.profile = options.given("profile");
  settings.data = data_folder(options);
  settings.out = options.text("out", {});
  if (settings.out.empty()) {
    throw Error(ErrorCode::kUsage, "no folder for the results; give one, as in: sateen-train --out run1");
  }
  return settings;
}

int run(const Program& program, int argc, const char* const* argv) {
  Options options(program.name(), "[options] --out DIR",
                  "Trains the published network on Fashion-MNIST and keeps the best model.");
  describe(options);
  if (!options.parse(argc, argv)) return 0;
  const TrainSettings settings = settings_of(options);
  const std::vector<std::string> more =
      settings.profile ? std::vector<std::string>{"profile=1"} : std::vector<std::string>{};
  return train(program, settings, [&](const CancelToken& cancel) {
    return open_device(options, program, DeviceRequest::Measure::kIfNeeded, more, cancel);
  });
}

}  // namespace
}  // namespace sateen::app

int main(int argc, char** argv) {
  return sateen::app::run_program("sateen-train", sateen::app::run, argc, argv);
}
