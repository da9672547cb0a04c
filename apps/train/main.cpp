// sateen-train: trains the Fashion-MNIST network and keeps the best model, the last one and the history.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <mutex>
#include <string>
#include <vector>

#include "common/augmentation.hpp"
#include "common/data_option.hpp"
#include "common/device.hpp"
#include "common/exit_code.hpp"
#include "common/networks.hpp"
#include "common/numbers.hpp"
#include "common/options.hpp"
#include "common/program.hpp"
#include "common/terminal.hpp"
#include "plots/drawing.hpp"
#include "sateen/checkpoint.hpp"
#include "sateen/error.hpp"
#include "train/model_summary.hpp"
#include "train/plan_options.hpp"
#include "train/rank_options.hpp"
#include "train/resume.hpp"
#include "train/run.hpp"

namespace sateen::app {
namespace {

constexpr std::array<const char*, 3> kFolderOptions = {"out", "overwrite", "resume"};
constexpr uint64_t kMaxBatch = 1'000'000;

void describe(Options& options) {
  const TrainSettings usual;
  options.add_group("Network and training",
                    {{"model", "NAME", "plain, dropout or deep", usual.model},
                     {"epochs", "N", "passes over the training images", std::to_string(usual.epochs)},
                     {"batch-size", "N", "images in a step", std::to_string(usual.batch_size)},
                     {"lr", "X", "Adam's learning rate", general(usual.learning_rate)},
                     {"seed", "N", "of all that is random", std::to_string(usual.seed)},
                     {.name = "augment",
                      .value = "[LIST]",
                      .text = "change the training images at random: mirror, shift or shift=N (by up to N pixels each "
                              "way; 2), with commas between them; without a LIST " +
                              augmentation_text(kUsualAugmentation),
                      .fallback = augmentation_text(usual.augmentation),
                      .value_optional = true,
                      .implied = augmentation_text(kUsualAugmentation)}});
  add_plan_options(options);
  options.add_group(
      "Files", {{"out", "DIR", "where best.sateen, last.sateen and history.csv go; made if missing"},
                {.name = "resume",
                 .value = "[DIR]",
                 .text = "go on in this folder, or in that of --out, as if it had never stopped",
                 .value_optional = true},
                {"overwrite", "",
                 "replace the run that is in the folder, from the start on; without it or --resume, a "
                 "folder that isn't empty is refused"},
                {"save-every", "N", "save last.sateen every N epochs, and when the best changes", "1"},
                {"save-interval", "MIN", "save it every so many minutes as well, within epochs"},
                data_option(),
                {"val-split", "X", "share of the training images that is held out", general(usual.held_out_share)}});
  add_device_options(options, /*several=*/true);
  add_rank_options(options);
  options.add_group("Tuning",
                    {{"tune-seconds", "N",
                      "the most time that trying out kernels may take on a device that isn't known yet; 0 goes "
                      "by what is known",
                      "10"},
                     {"no-tune", "", "take the same kernels on every device of a kind, whatever is known"}});
  options.add_group("Messages",
                    {{"summary", "", "show the network's layers on stdout, and train nothing"},
                     {"progress", "HOW",
                      "bar: drawn as an epoch goes, and a line when it ends; plain: the line; none; auto: a "
                      "bar on a terminal, else plain",
                      "auto"},
                     color_option(),
                     {"profile", "", "end with the time of each operation of a training step"}});
  options.add_group("Pictures",
                    {{.name = "plots",
                      .value = "[WHEN]",
                      .text = "draw pictures of the run into plots/ after each epoch, by gnuplot, and write "
                              "report.html; auto, on or off; "
                              "auto: where gnuplot is there, else the report alone; without a word it is on",
                      .fallback = "auto",
                      .environment = "SATEEN_PLOTS",
                      .value_optional = true,
                      .implied = "on"},
                     {.name = "no-plots",
                      .value = {},
                      .text = "as --plots off: neither pictures nor report.html",
                      .implied = "off",
                      .same_as = "plots"}});
  options.add_variable("SATEEN_TUNE", "Seconds as --tune-seconds has them, or off; goes before a file's.");
  options.add_variable("SATEEN_PLOTS_SECONDS", "The most seconds that one drawing may take: 60 without it.");
  options.add_variable("NO_COLOR", "Where it is set and not empty, --color auto is never.");
  options.set_ending(
      "best.sateen is the model of the best epoch by --monitor, which a * marks.\n"
      "last.sateen is where --resume goes on, with the settings that are in it.\n"
      "Messages go to stderr, and to stdout nothing but --summary. Ctrl-C finishes the\n"
      "steps in flight and saves last.sateen; a second Ctrl-C leaves at once.",
      {"sateen-train --out run1", "sateen-train --model plain --epochs 5 --lr 0.0005 --seed 7 --out run2",
       "sateen-train --epochs 60 --early-stop 5 --restore-best --out run3", "sateen-train --resume run2",
       "sateen-train --resume run2 --epochs 10", "sateen-train --device opencl:0:0,opencl:0:1 --out run4",
       "mpirun -np 4 sateen-train --distributed --out run5"});
}

GivenSettings given_settings(const Options& options) {
  GivenSettings given;
  if (options.given("model")) given.model = options.choice("model", network_names());
  if (options.given("epochs")) given.epochs = static_cast<int64_t>(options.whole_number("epochs", 1, kMostEpochs));
  if (options.given("batch-size")) {
    given.batch_size = static_cast<int64_t>(options.whole_number("batch-size", 1, kMaxBatch));
  }
  if (options.given("seed")) given.seed = options.whole_number("seed", 0, UINT64_MAX);
  if (options.given("lr")) {
    given.learning_rate = options.number(
        "lr", [](double x) { return x > 0 && x <= 1e30; }, "a number above 0 and up to 1e30");
  }
  if (options.given("augment")) given.augmentation = read_augmentation(options.text("augment"));
  if (options.given("val-split")) {
    given.held_out_share = options.number(
        "val-split", [](double x) { return x >= 0 && x < 1; }, "a number from 0 to below 1");
  }
  given.plan = given_plan(options);
  return given;
}

void take_plots(const Options& options, RunSettings& settings) {
  const std::string word = options.choice("plots", {"auto", "on", "off"});
  settings.report = word != "off";
  if (!settings.report) return;
  drawing_limit();  // a value that is none is told now
  settings.gnuplot = word == "on" ? gnuplot_or_refuse(options.shown("plots")) : find_gnuplot();
}

RunSettings run_settings(const Options& options) {
  RunSettings settings;
  settings.save_every = static_cast<int64_t>(options.whole_number("save-every", 1, kMostEpochs));
  if (options.given("save-interval")) {
    settings.save_interval = options.number(
        "save-interval", [](double x) { return x > 0 && x <= 1e6; }, "a number of minutes above 0 and up to 1e6");
  }
  const std::string progress = options.choice("progress", {"auto", "bar", "plain", "none"});
  settings.epoch_lines = progress != "none";
  settings.bar = progress == "bar" || (progress == "auto" && stderr_is_terminal());
  settings.color = wants_color(options);
  take_plots(options, settings);
  settings.profile = options.given("profile");
  settings.ranks = rank_settings(options);
  settings.data = options.text("data");
  return settings;
}

/// Where its files are, and what is to happen to those that are there.
void choose_folder(const Options& options, RunSettings& settings) {
  settings.out = options.text("out");
  // The command line goes before a file of options: what it says of the folder is all that counts then.
  const auto counts = [&](const char* name) {
    const bool on_line = std::any_of(kFolderOptions.begin(), kFolderOptions.end(), [&](const char* other) {
      return options.given(other) && !options.from_config(other);
    });
    return options.given(name) && !(on_line && options.from_config(name));
  };
  if (!counts("out") && counts("resume")) settings.out.clear();
  if (counts("overwrite")) settings.earlier = Earlier::kOverwrite;
  if (counts("resume")) {
    if (counts("overwrite")) {
      throw Error(ErrorCode::kUsage,
                  "--resume goes on with the files of the folder, --overwrite replaces them; give one of the two");
    }
    settings.earlier = Earlier::kResume;
    const std::string folder = options.text("resume");
    const auto plain = [](const std::filesystem::path& path) { return (path / "").lexically_normal(); };
    if (!folder.empty() && !settings.out.empty() && plain(settings.out) != plain(folder)) {
      throw Error(ErrorCode::kUsage, "--resume " + folder + " writes to that folder, not to --out " +
                                         settings.out.string() + "; leave --out out");
    }
    if (!folder.empty()) settings.out = folder;
  }
  if (settings.out.empty()) {
    throw Error(ErrorCode::kUsage, settings.earlier == Earlier::kResume
                                       ? "no folder to go on in; give one, as in: sateen-train --resume run1"
                                       : "no folder for the results; give one, as in: sateen-train --out run1");
  }
}

/// Of the two options, and SATEEN_TUNE, which goes before a file's: the device's settings; none for the variable,
/// which is the backend's to read.
std::vector<std::string> tuning_settings(const Options& options) {
  constexpr uint64_t kMostSeconds = 86'400;
  const std::string off = "tune=off";
  const auto seconds = [&] { return "tune=" + std::to_string(options.whole_number("tune-seconds", 0, kMostSeconds)); };
  if (options.given("no-tune") && options.given("tune-seconds") &&
      options.on_line("no-tune") == options.on_line("tune-seconds")) {
    throw Error(ErrorCode::kUsage, "--no-tune and --tune-seconds exclude each other; give one of the two");
  }
  for (const std::string& setting : device_settings(options)) {
    const char* name = options.on_line("no-tune")        ? "--no-tune"
                       : options.on_line("tune-seconds") ? "--tune-seconds"
                                                         : nullptr;
    if (name == nullptr || setting.rfind("tune=", 0) != 0) continue;
    throw Error(ErrorCode::kUsage,
                std::string(name) + " and --device-option " + setting + " exclude each other; give one of the two");
  }
  if (options.on_line("no-tune")) return {off};
  if (options.on_line("tune-seconds")) return {seconds()};
  const char* variable = std::getenv("SATEEN_TUNE");
  if (variable != nullptr && *variable != '\0') return {};
  return {options.given("no-tune") ? off : seconds()};
}

int run(const Program& program, int argc, const char* const* argv) {
  Options options(program.name(), "[options] --out DIR | --resume DIR",
                  "Trains the published network on Fashion-MNIST and keeps the best model.");
  describe(options);
  if (!options.parse(argc, argv)) return kDone;
  const GivenSettings given = given_settings(options);
  if (options.given("summary") && !options.given("dump-config")) {
    const std::string name = given.model.value_or(TrainSettings().model);
    Program::print(model_summary(name, network(name)));
    return kDone;
  }
  RunSettings settings = run_settings(options);
  const std::vector<std::string> tuning = tuning_settings(options);
  const bool without_folder = options.given("dump-config") && !options.given("out") && !options.given("resume");
  if (!without_folder) choose_folder(options, settings);
  if (settings.earlier != Earlier::kResume) settings_of(given);  // what doesn't fit together is refused here
  if (options.print_config()) return kDone;
  std::mutex one_at_a_time;  // drivers set handlers of signals when they start
  return train(program, settings, given, [&](DeviceWish wish) {
    const std::lock_guard<std::mutex> lock(one_at_a_time);
    if (settings.profile) wish.more_settings.emplace_back("profile=1");
    wish.tuning_settings = tuning;
    return open_device(options, program, wish);
  });
}

}  // namespace
}  // namespace sateen::app

int main(int argc, char** argv) {
  return sateen::app::run_program("sateen-train", sateen::app::run, argc, argv);
}
