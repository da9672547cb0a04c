// The options by which a training is steered: schedule, plateaus, early stop, monitor.
#include "train/plan_options.hpp"

#include <string>

#include "common/numbers.hpp"
#include "sateen/error.hpp"

namespace sateen::app {
namespace {

constexpr uint64_t kMostEpochs = 100'000;

template <typename T, typename U>
void take(const std::optional<T>& given, U& setting) {
  if (given) setting = *given;
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
  if (plan.minimum_rate > settings.learning_rate) {
    throw Error(ErrorCode::kUsage, "--lr-min " + general(plan.minimum_rate) + " is above --lr " +
                                       general(settings.learning_rate) + "; give a lower one");
  }
}

}  // namespace sateen::app
