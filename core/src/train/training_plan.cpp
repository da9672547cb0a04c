// How a training is steered from one epoch to the next: each answer is made from the whole history again.
#include "sateen/training_plan.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

namespace sateen {

namespace {

template <typename T, size_t n>
using Names = std::array<std::pair<T, std::string_view>, n>;

constexpr Names<Monitor, 4> kMonitors = {{{Monitor::kHeldOutLoss, "val_loss"},
                                          {Monitor::kHeldOutAccuracy, "val_accuracy"},
                                          {Monitor::kLoss, "loss"},
                                          {Monitor::kAccuracy, "accuracy"}}};
constexpr Names<ScheduleKind, 3> kSchedules = {
    {{ScheduleKind::kConstant, "constant"}, {ScheduleKind::kStep, "step"}, {ScheduleKind::kCosine, "cosine"}}};

template <typename T, size_t n>
std::string_view name_in(const Names<T, n>& names, T value) {
  const auto found = std::find_if(names.begin(), names.end(), [&](const auto& entry) { return entry.first == value; });
  return found == names.end() ? std::string_view() : found->second;
}

template <typename T, size_t n>
std::optional<T> find_in(const Names<T, n>& names, std::string_view name) {
  const auto found = std::find_if(names.begin(), names.end(), [&](const auto& entry) { return entry.second == name; });
  if (found == names.end()) return std::nullopt;
  return found->first;
}

bool goes_up(Monitor monitor) {
  return monitor == Monitor::kHeldOutAccuracy || monitor == Monitor::kAccuracy;
}

/// product · factorⁿ, by multiplications in order: pow may round differently in another library.
double multiplied(double product, double factor, int64_t n) {
  for (int64_t i = 0; i < n && product != 0; ++i) product *= factor;
  return product;
}

/// The schedule's rate along a training. Steps are multiplied up from where it was asked last, so that a whole history
/// costs no more than its last epoch.
class Scheduled {
 public:
  Scheduled(const TrainingPlan& plan, double rate) : plan_(plan), rate_(rate) {}

  /// epochs_ended: never less than the last time.
  double at(int64_t epochs_ended) {
    const LearningRateSchedule& schedule = plan_.schedule;
    if (schedule.kind == ScheduleKind::kStep) {
      const int64_t steps = epochs_ended / schedule.step_epochs;
      product_ = multiplied(product_, schedule.factor, steps - steps_);
      steps_ = steps;
      return rate_ * product_;
    }
    if (schedule.kind == ScheduleKind::kConstant) return rate_;
    if (epochs_ended >= schedule.epochs) return plan_.minimum_rate;
    const double part = static_cast<double>(epochs_ended) / static_cast<double>(schedule.epochs);
    return plan_.minimum_rate + (rate_ - plan_.minimum_rate) * (1 + std::cos(std::numbers::pi * part)) / 2;
  }

 private:
  const TrainingPlan& plan_;
  double rate_;
  int64_t steps_ = 0;
  double product_ = 1;
};

constexpr double kWorst = std::numeric_limits<double>::infinity();

/// Counts epochs in a row that were not better than the best by more than a margin.
class Patience {
 public:
  Patience(Monitor monitor, double min_delta)
      : monitor_(monitor),
        margin_(goes_up(monitor) ? min_delta : -min_delta),
        best_(goes_up(monitor) ? -kWorst : kWorst) {}

  void see(const EpochRecord& record) {
    const double value = monitored(monitor_, record);
    if (is_better(monitor_, value - margin_, best_)) {
      best_ = value;
      waited_ = 0;
    } else {
      ++waited_;
    }
  }
  int64_t waited() const { return waited_; }
  void restart() { waited_ = 0; }

 private:
  Monitor monitor_;
  double margin_;
  double best_;
  int64_t waited_ = 0;
};

}  // namespace

std::string_view name_of(Monitor monitor) {
  return name_in(kMonitors, monitor);
}
std::optional<Monitor> monitor_by_name(std::string_view name) {
  return find_in(kMonitors, name);
}
std::string_view name_of(ScheduleKind kind) {
  return name_in(kSchedules, kind);
}
std::optional<ScheduleKind> schedule_by_name(std::string_view name) {
  return find_in(kSchedules, name);
}

Monitor effective(Monitor monitor, bool held_out) {
  if (held_out) return monitor;
  return goes_up(monitor) ? Monitor::kAccuracy : Monitor::kLoss;
}

double monitored(Monitor monitor, const EpochRecord& record) {
  switch (effective(monitor, record.held_out.images != 0)) {
    case Monitor::kHeldOutLoss:
      return record.held_out.loss;
    case Monitor::kHeldOutAccuracy:
      return record.held_out.accuracy;
    case Monitor::kLoss:
      return record.train.loss;
    case Monitor::kAccuracy:
      break;
  }
  return record.train.accuracy;
}

bool is_better(Monitor monitor, double value, double than) {
  return goes_up(monitor) ? value > than : value < than;
}

int64_t plateau_reductions(const TrainingPlan& plan, double rate, std::span<const EpochRecord> history) {
  if (plan.reduce.patience == 0) return 0;
  Patience patience(plan.monitor, plan.reduce.min_delta);
  Scheduled scheduled(plan, rate);
  int64_t reductions = 0;
  double scale = 1;
  for (const EpochRecord& record : history) {
    patience.see(record);
    if (patience.waited() < plan.reduce.patience) continue;
    if (scheduled.at(record.epoch - 1) * scale <= plan.minimum_rate) continue;  // it is as low as it gets
    ++reductions;
    scale *= plan.reduce.factor;
    patience.restart();
  }
  return reductions;
}

double learning_rate(const TrainingPlan& plan, double rate, int64_t epochs_ended,
                     std::span<const EpochRecord> history) {
  const double scale = multiplied(1, plan.reduce.factor, plateau_reductions(plan, rate, history));
  return std::max(plan.minimum_rate, Scheduled(plan, rate).at(epochs_ended) * scale);
}

bool stops_early(const TrainingPlan& plan, std::span<const EpochRecord> history) {
  if (plan.early_stop.patience == 0) return false;
  Patience patience(plan.monitor, plan.early_stop.min_delta);
  for (const EpochRecord& record : history) patience.see(record);
  return patience.waited() >= plan.early_stop.patience;
}

bool is_best(Monitor monitor, const EpochRecord& record, const std::optional<EpochRecord>& best) {
  return !best || is_better(monitor, monitored(monitor, record), monitored(monitor, *best));
}

std::optional<EpochRecord> best_epoch(Monitor monitor, std::span<const EpochRecord> history) {
  std::optional<EpochRecord> best;
  for (const EpochRecord& record : history) {
    if (is_best(monitor, record, best)) best = record;
  }
  return best;
}

}  // namespace sateen
