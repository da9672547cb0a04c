// How a training is steered from one epoch to the next: its learning rate, when it stops, which epoch is the best.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "sateen/epoch_record.hpp"
#include "sateen/export.hpp"

namespace SATEEN_PUBLIC sateen {

// Settings, and functions of the settings and the epochs so far. There is no other state, so that a training that goes
// on from its history is steered as one that never stopped.

/// The number that tells whether an epoch was better than those before. Where nothing is held out, the first two are
/// those of the training. Losses are better when they are lower, accuracies when they are higher.
enum class Monitor : uint8_t { kHeldOutLoss, kHeldOutAccuracy, kLoss, kAccuracy };

enum class ScheduleKind : uint8_t { kConstant, kStep, kCosine };

/// The learning rate by itself, e epochs after the beginning:
///   constant  rate
///   step      rate · factor^⌊e / step_epochs⌋, as PyTorch's StepLR
///   cosine    minimum + (rate − minimum) · (1 + cos(π · e / epochs)) / 2, the minimum from e = epochs on, as
///             PyTorch's CosineAnnealingLR up to there (Loshchilov & Hutter, 2017, "SGDR", equation 5, no restarts)
struct LearningRateSchedule {
  ScheduleKind kind = ScheduleKind::kConstant;
  int64_t epochs = 0;        ///< of cosine, at least 1: those of the whole training
  int64_t step_epochs = 10;  ///< of step, at least 1
  double factor = 0.1;       ///< of step, above 0 and below 1
  bool operator==(const LearningRateSchedule&) const = default;
};

// The two below compare in f64, Keras in f32: they differ where a change is lost in f32.

/// As Keras's ReduceLROnPlateau without cooldown: after `patience` epochs in a row that were not better than the best
/// by more than min_delta, the schedule's rate is multiplied by the factor, and the epochs are counted anew; not where
/// the rate is at its minimum already.
struct ReduceOnPlateau {
  int64_t patience = 0;  ///< epochs; 0: never
  double factor = 0.1;   ///< above 0 and below 1
  double min_delta = 1e-4;
  bool operator==(const ReduceOnPlateau&) const = default;
};

/// As Keras's EarlyStopping: the training ends after `patience` epochs in a row that were not better than the best by
/// more than min_delta.
struct EarlyStop {
  int64_t patience = 0;  ///< epochs; 0: never
  double min_delta = 0;
  bool operator==(const EarlyStop&) const = default;
};

struct TrainingPlan {
  Monitor monitor = Monitor::kHeldOutLoss;
  LearningRateSchedule schedule;
  ReduceOnPlateau reduce;
  EarlyStop early_stop;
  double minimum_rate = 0;  ///< neither schedule nor plateaus go below; at most the rate they begin with
  bool operator==(const TrainingPlan&) const = default;
};

/// Keras's names: val_loss, val_accuracy, loss, accuracy.
std::string_view name_of(Monitor monitor);
std::optional<Monitor> monitor_by_name(std::string_view name);
/// constant, step, cosine.
std::string_view name_of(ScheduleKind kind);
std::optional<ScheduleKind> schedule_by_name(std::string_view name);

/// What is looked at where something or nothing is held out: then loss for val_loss, accuracy for val_accuracy.
Monitor effective(Monitor monitor, bool held_out);

/// What the monitor sees in a record.
double monitored(Monitor monitor, const EpochRecord& record);
bool is_better(Monitor monitor, double value, double than);

// history: the epochs that have ended, in order. It may lack epochs that nobody measured, which count for nothing.

/// How often the learning rate was reduced because nothing got better. rate: the one that the training began with.
int64_t plateau_reductions(const TrainingPlan& plan, double rate, std::span<const EpochRecord> history);
/// The learning rate of the next epoch, when so many have ended.
double learning_rate(const TrainingPlan& plan, double rate, int64_t epochs_ended, std::span<const EpochRecord> history);
/// Whether the training ends early, after these epochs.
bool stops_early(const TrainingPlan& plan, std::span<const EpochRecord> history);
/// Whether an epoch becomes the best: it is better than the best so far, or there is none.
bool is_best(Monitor monitor, const EpochRecord& record, const std::optional<EpochRecord>& best);
/// The first of the best; none where the history is empty.
std::optional<EpochRecord> best_epoch(Monitor monitor, std::span<const EpochRecord> history);

}  // namespace sateen
