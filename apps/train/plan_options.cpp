// The options by which a training is steered: schedule, plateaus, early stop, monitor.
#include "train/plan_options.hpp"

#include <string>

#include "common/numbers.hpp"
#include "sateen/checkpoint.hpp"
#include "sateen/error.hpp"

namespace sateen::app {
namespace {

template <typename T, typename U>
void take(const std::optional<T>& given, U& setting) {
  if (given) setting = *given;
}

/// What is asked for and changes nothing was meant otherwise. A file of options may hold more than one run uses.
void check_uses(const GivenPlan& given, const TrainingPlan& plan) {
  const bool steps = plan.schedule.kind == ScheduleKind::kStep;
  if (given.step_epochs_asked && !steps) {
    throw Error(ErrorCode::kUsage, "--lr-step is for --lr-schedule step; give that too, or leave --lr-step out");
  }
  if (given.factor_asked && !steps && plan.reduce.patience == 0) {
    throw Error(
        ErrorCode::kUsage,
        "--lr-factor is for --reduce-lr and --lr-schedule step; give one of them too, or leave --lr-factor out");
  }
}

/// given: whether the minimum was, rather than that the run has it.
void check_minimum(bool given, double minimum, double rate) {
  if (minimum <= rate) return;
  const std::string lowest = "--lr-min " + general(minimum), from = "--lr " + general(rate);
  throw Error(ErrorCode::kUsage,
              given ? lowest + " is above " + from + "; give a lower one"
                    : from + " is below the " + lowest + " that the run was begun with; give a lower --lr-min too");
}

}  // namespace

void add_plan_options(Options& options) {
  const TrainingPlan usual;
  options.add_group(
      "Steering",
      {{"monitor", "NAME",
        "which number tells the best epoch, and that nothing gets better any more: val_loss, val_accuracy, loss or "
        "accuracy (default: val_loss, or loss where nothing is held out)"},
       {"early-stop", "N", "end after N epochs in a row without a better one; 0: never",
        std::to_string(usual.early_stop.patience)},
       {"restore-best", "", "at the end, give last.sateen the weights of the best epoch"},
       {"reduce-lr", "N",
        "multiply the learning rate by --lr-factor after N epochs in a row without a better one; 0: never",
        std::to_string(usual.reduce.patience)},
       {"lr-schedule", "NAME",
        "constant; step: multiplied by --lr-factor every --lr-step epochs; cosine: along a cosine down to --lr-min "
        "over "
        "--epochs",
        std::string(name_of(usual.schedule.kind))},
       {"lr-step", "N", "epochs of a step", std::to_string(usual.schedule.step_epochs)},
       {"lr-factor", "X", "of --reduce-lr and of step, above 0 and below 1", general(usual.schedule.factor)},
       {"lr-min", "X", "the learning rate stays at least so high", general(usual.minimum_rate)}});
}

GivenPlan given_plan(const Options& options) {
  GivenPlan given;
  const auto epochs = [&](const char* name, uint64_t lowest) -> std::optional<int64_t> {
    if (!options.given(name)) return std::nullopt;
    return static_cast<int64_t>(options.whole_number(name, lowest, kMostEpochs));
  };
  if (options.given("monitor")) {
    given.monitor = monitor_by_name(options.choice("monitor", {"val_loss", "val_accuracy", "loss", "accuracy"}));
  }
  if (options.given("lr-schedule")) {
    given.schedule = schedule_by_name(options.choice("lr-schedule", {"constant", "step", "cosine"}));
  }
  given.early_stop = epochs("early-stop", 0);
  given.reduce = epochs("reduce-lr", 0);
  given.step_epochs = epochs("lr-step", 1);
  if (options.given("lr-factor")) {
    given.factor = options.number(
        "lr-factor", [](double x) { return x > 0 && x < 1; }, "a number above 0 and below 1");
  }
  if (options.given("lr-min")) {
    given.minimum_rate = options.number(
        "lr-min", [](double x) { return x >= 0 && x <= 1e30; }, "a number from 0 to 1e30");
  }
  const auto asked = [&](const char* name) { return options.given(name) && !options.from_config(name); };
  given.step_epochs_asked = asked("lr-step");
  given.factor_asked = asked("lr-factor");
  given.restore_best = options.given("restore-best");
  return given;
}

void take_plan(const GivenPlan& given, TrainSettings& settings) {
  TrainingPlan& plan = settings.plan;
  take(given.monitor, plan.monitor);
  take(given.schedule, plan.schedule.kind);
  take(given.step_epochs, plan.schedule.step_epochs);
  take(given.factor, plan.schedule.factor);
  take(given.factor, plan.reduce.factor);
  take(given.minimum_rate, plan.minimum_rate);
  take(given.reduce, plan.reduce.patience);
  take(given.early_stop, plan.early_stop.patience);
  plan.schedule.epochs = plan.schedule.kind == ScheduleKind::kCosine ? settings.epochs : 0;
  settings.restore_best = settings.restore_best || given.restore_best;
  if (settings.held_out_share == 0 && given.monitor && effective(*given.monitor, false) != *given.monitor) {
    throw Error(ErrorCode::kUsage, "--monitor " + std::string(name_of(*given.monitor)) +
                                       " needs images that are held out, and --val-split is 0; give --monitor " +
                                       std::string(name_of(effective(*given.monitor, false))));
  }
  check_uses(given, plan);
  check_minimum(given.minimum_rate.has_value(), plan.minimum_rate, settings.learning_rate);
}

}  // namespace sateen::app
