// A training plan in words.
#include "common/plan_text.hpp"

#include "common/numbers.hpp"

namespace sateen::app {

std::string epochs_text(int64_t epochs) {
  return grouped(static_cast<uint64_t>(epochs)) + (epochs == 1 ? " epoch" : " epochs");
}

Monitor seen_by(const Checkpoint& checkpoint) {
  const bool held_out =
      checkpoint.history.empty() ? checkpoint.held_out_share > 0 : checkpoint.history.back().held_out.images != 0;
  return effective(checkpoint.plan.monitor, held_out);
}

std::string patience_text(int64_t patience) {
  return patience == 0 ? "never" : "after " + epochs_text(patience);
}

std::string reduction_text(const TrainingPlan& plan) {
  const std::string when = patience_text(plan.reduce.patience);
  return plan.reduce.patience == 0 ? when : "times " + general(plan.reduce.factor) + " " + when;
}

std::string schedule_text(const TrainingPlan& plan) {
  const LearningRateSchedule& schedule = plan.schedule;
  std::string text(name_of(schedule.kind));
  if (schedule.kind == ScheduleKind::kStep) {
    text += ": times " + general(schedule.factor) + " every " + epochs_text(schedule.step_epochs);
  }
  if (schedule.kind == ScheduleKind::kCosine) text += " over " + epochs_text(schedule.epochs);
  return text;
}

std::vector<std::pair<std::string, std::string>> plan_rows(const Checkpoint& checkpoint) {
  const TrainingPlan& plan = checkpoint.plan;
  const Monitor monitor = seen_by(checkpoint);
  std::vector<std::pair<std::string, std::string>> rows;
  if (plan.monitor != Monitor::kHeldOutLoss) rows.emplace_back("monitor", name_of(monitor));
  if (plan.schedule.kind != ScheduleKind::kConstant) rows.emplace_back("lr schedule", schedule_text(plan));
  const std::string without = " without a better " + std::string(name_of(monitor));
  if (plan.reduce.patience != 0) rows.emplace_back("reduce lr", reduction_text(plan) + without);
  if (plan.minimum_rate != 0) rows.emplace_back("lowest lr", general(plan.minimum_rate));
  if (plan.early_stop.patience != 0) {
    rows.emplace_back("early stop", patience_text(plan.early_stop.patience) + without);
  }
  if (checkpoint.restore_best) rows.emplace_back("at the end", "the weights of the best epoch");
  return rows;
}

}  // namespace sateen::app
