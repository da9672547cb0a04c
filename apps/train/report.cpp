// What sateen-train tells people, on stderr.
#include "train/report.hpp"

#include <algorithm>
#include <optional>
#include <span>

#include "common/augmentation.hpp"
#include "common/numbers.hpp"
#include "common/plan_text.hpp"
#include "common/program.hpp"
#include "common/signals.hpp"
#include "common/text.hpp"

namespace sateen::app {
namespace {

constexpr int kDigits = 4;
constexpr const char* kRounding = ": the rest is equal to rounding, not to the byte";

// A loss that runs away stays readable.
std::string loss_text(double loss) {
  return loss < 1e6 ? fixed(loss, kDigits) : general(loss, kDigits);
}

void say(const std::string& label, const std::string& text) {
  constexpr size_t kWidth = 10;
  Program::note(one_line(label + std::string(kWidth - label.size(), ' ') + text));
}

std::string counted(uint64_t number, const std::string& noun) {
  return grouped(number) + " " + noun + (number == 1 ? "" : "s");
}

std::string how_to_go_on(const Checkpoint& checkpoint, const TrainSettings& settings) {
  if (checkpoint.state.epoch > settings.epochs) return "--epochs " + std::to_string(settings.epochs) + " adds none";
  const bool stopped_too = stops_early(checkpoint.plan, checkpoint.history);
  if (checkpoint.state.epoch == settings.epochs && stopped_too) return "a larger --epochs and --early-stop go on";
  if (checkpoint.state.epoch == settings.epochs) return "a larger --epochs goes on";
  return "a larger --early-stop goes on";
}

/// The learning rate of the next epoch, where it isn't --lr to what is shown of it; else empty.
std::string rate_now(const Checkpoint& checkpoint) {
  const double given = checkpoint.adam.learning_rate;
  const double now =
      learning_rate(checkpoint.plan, given, static_cast<int64_t>(checkpoint.history.size()), checkpoint.history);
  const std::string text = general(now, kDigits);
  return text == general(given, kDigits) ? "" : text;
}

}  // namespace

void report_data(const std::filesystem::path& folder, const Dataset& data, const Split& parts) {
  say("data", folder.string() + ", " + counted(data.size(), "image") + ": " + grouped(parts.train.size()) +
                  " to train on, " + grouped(parts.held_out.size()) + " held out");
}

void report_model(const TrainSettings& settings, const Sequential& model) {
  say("model", settings.model + ", " + counted(model.parameter_count(), "parameter"));
}

void report_plan(const Checkpoint& checkpoint, int64_t steps_per_epoch) {
  say("training", epochs_text(checkpoint.epochs) + " of " + counted(static_cast<uint64_t>(steps_per_epoch), "step") +
                      ", batch size " + std::to_string(checkpoint.batch_size) + ", learning rate " +
                      general(checkpoint.adam.learning_rate) + ", seed " + std::to_string(checkpoint.file.seed));
  if (const std::string now = rate_now(checkpoint); !now.empty()) say("", "learning rate now: " + now);
  if (checkpoint.augmentation.any()) say("", "augmented: " + augmentation_text(checkpoint.augmentation));
  for (const auto& [name, value] : plan_rows(checkpoint)) say("", name + ": " + value);
}

void report_steering(const Checkpoint& checkpoint) {
  const TrainingPlan& plan = checkpoint.plan;
  const std::span<const EpochRecord> history = checkpoint.history;
  const double begun_with = checkpoint.adam.learning_rate;
  const auto unimproved = [&](int64_t patience, double by) {
    return std::string(name_of(seen_by(checkpoint))) + " has not improved" + (by == 0 ? "" : " by " + general(by)) +
           " for " + epochs_text(patience);
  };
  if (checkpoint.state.epoch >= checkpoint.epochs) return;
  if (stops_early(plan, history)) {
    Program::note("early stop: " + unimproved(plan.early_stop.patience, plan.early_stop.min_delta));
    return;
  }
  if (plateau_reductions(plan, begun_with, history) ==
      plateau_reductions(plan, begun_with, history.first(history.size() - 1))) {
    return;
  }
  const double now = learning_rate(plan, begun_with, checkpoint.state.epoch, history);
  Program::note("reduce lr to " + general(now, kDigits) + ": " +
                unimproved(plan.reduce.patience, plan.reduce.min_delta));
}

void report_resume(const Checkpoint& checkpoint, const OutputFolder& out) {
  const TrainState& state = checkpoint.state;
  const std::string from = out.last().string() + ": goes on ";
  say("resume", state.step == 0 ? from + "after epoch " + std::to_string(state.epoch)
                                : from + "in epoch " + std::to_string(state.epoch + 1) + ", after " +
                                      counted(static_cast<uint64_t>(state.step), "step"));
}

void report_move(const Checkpoint& before, const std::string& device) {
  if (device != before.device) say("resume", "trained on another device before (" + before.device + ")" + kRounding);
  if (before.file.version != SATEEN_VERSION) {
    say("resume", "trained by Sateen " + before.file.version + " before, this is " SATEEN_VERSION + kRounding);
  }
}

void report_changes(const Checkpoint& before, const TrainSettings& settings) {
  const auto compare = [](const char* what, const std::string& now, const std::string& then) {
    if (now != then) say("resume", std::string(what) + ": " + now + ", was " + then);
  };
  const TrainingPlan &now = settings.plan, &then = before.plan;
  compare("--lr", general(settings.learning_rate), general(before.adam.learning_rate));
  compare("lr schedule", schedule_text(now), schedule_text(then));
  compare("reduce lr", reduction_text(now), reduction_text(then));
  compare("lowest lr", general(now.minimum_rate), general(then.minimum_rate));
  compare("early stop", patience_text(now.early_stop.patience), patience_text(then.early_stop.patience));
}

void report_choices(const Choices& before, const Choices& now) {
  for (const auto& [key, variant] : before) {
    const auto at = now.find(key);
    if (at != now.end() && at->second == variant) continue;
    return say("resume", "not all kernels can be chosen as before (" + variant + " for " + key + ")" + kRounding);
  }
}

void report_finished(const Checkpoint& checkpoint, const TrainSettings& settings, const OutputFolder& out) {
  Program::note("done: the run has ended before, after " +
                counted(static_cast<uint64_t>(checkpoint.state.epoch), "epoch") + "; " +
                how_to_go_on(checkpoint, settings));
  Program::note(one_line("      " + describe_best(checkpoint, out)));
}

void report_stop(const Program& program, int signal, const Checkpoint& checkpoint, const OutputFolder& out) {
  program.warning(std::string("stopped by ") + StopSignals::name(signal) + (signal == 0 ? " to another rank" : "") +
                  " in epoch " + std::to_string(checkpoint.state.epoch + 1) + ": " + out.last().string() +
                  " has the weights so far; " + describe_best(checkpoint, out) + "; go on with --resume " +
                  out.path().string());
}

void report_epoch(const EpochRecord& record, int64_t epochs, bool color) {
  const std::string total = std::to_string(epochs);
  const std::string number = std::to_string(record.epoch);
  std::string line = "epoch " + std::string(total.size() - std::min(total.size(), number.size()), ' ') + number + "/" +
                     total + "  loss " + loss_text(record.train.loss) + "  acc " +
                     fixed(record.train.accuracy, kDigits);
  if (record.held_out.images != 0) {
    line += "  val_loss " + loss_text(record.held_out.loss) + "  val_acc " + fixed(record.held_out.accuracy, kDigits);
  }
  line += "  " + fixed(record.seconds, record.seconds < 100 ? 1 : 0) + " s";
  if (record.best) line += color ? " \x1b[32m*\x1b[0m" : " *";
  Program::note(line);
}

std::string describe_rate(const Checkpoint& checkpoint) {
  const std::string now = rate_now(checkpoint);
  return "--lr is " + general(checkpoint.adam.learning_rate) + (now.empty() ? " now" : ", the learning rate " + now);
}

std::string describe_checkpoint(const Checkpoint& checkpoint, const OutputFolder& out) {
  const TrainState& state = checkpoint.state;
  return out.last().string() + " is of epoch " + std::to_string(state.epoch) +
         (state.step == 0 ? "" : " and " + counted(static_cast<uint64_t>(state.step), "step")) +
         ": --resume goes on there, with as many ranks or others";
}

void report_ranks(const std::string& ranks, std::span<const std::string> devices) {
  constexpr size_t kShown = 16;
  say("ranks", ranks);
  for (const std::string& line : devices.first(std::min(devices.size(), kShown))) say("", line);
  if (devices.size() > kShown) say("", "and " + std::to_string(devices.size() - kShown) + " lines more");
}

void report_local_statistics(const Sequential& model) {
  if (model.trainable_count() == model.parameter_count()) return;
  say("", "batch normalisation: each rank goes by the mean and variance of its own rows");
}

std::string describe_best(const Checkpoint& checkpoint, const OutputFolder& out) {
  const std::optional<EpochRecord> best = best_epoch(checkpoint.plan.monitor, checkpoint.history);
  if (!best) return "no epoch was finished, so there is no best model of this run";
  std::string text = out.best().string() + " is the best model, of epoch " + std::to_string(best->epoch) + " (";
  if (best->held_out.images != 0) {
    text += "val_loss " + loss_text(best->held_out.loss) + ", val_acc " + fixed(best->held_out.accuracy, kDigits);
  } else {
    text += "loss " + loss_text(best->train.loss) + ", acc " + fixed(best->train.accuracy, kDigits);
  }
  return text + ")";
}

}  // namespace sateen::app
