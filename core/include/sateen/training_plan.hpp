// How a training is steered from one epoch to the next: its learning rate, when it stops, which epoch is the best.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "sateen/epoch_record.hpp"
#include "sateen/export.hpp"

namespace SATEEN_PUBLIC sateen {

/// The number that tells whether an epoch was better than those before. Where nothing is held out, the first two are
/// those of the training. Losses are better when they are lower, accuracies when they are higher.
enum class Monitor : uint8_t {
  kHeldOutLoss,      ///< val_loss
  kHeldOutAccuracy,  ///< val_accuracy
  kLoss,             ///< of the training images
  kAccuracy,         ///< of the training images
};

/// How the learning rate changes by itself; the formulae are LearningRateSchedule's.
enum class ScheduleKind : uint8_t {
  kConstant,  ///< it stays
  kStep,      ///< it is multiplied by a factor every few epochs
  kCosine,    ///< it falls along half a cosine
};

/// The learning rate by itself, e epochs after the beginning:
///   constant  rate
///   step      rate · factor^⌊e / step_epochs⌋, as PyTorch's StepLR
///   cosine    minimum + (rate − minimum) · (1 + cos(π · e / epochs)) / 2, the minimum from e = epochs on, as
///             PyTorch's CosineAnnealingLR up to there (Loshchilov & Hutter, 2017, "SGDR", equation 5, no restarts)
struct LearningRateSchedule {
  ScheduleKind kind = ScheduleKind::kConstant;  ///< which formula
  int64_t epochs = 0;                           ///< of cosine, at least 1: those of the whole training
  int64_t step_epochs = 10;                     ///< of step, at least 1
  double factor = 0.1;                          ///< of step, above 0 and below 1
  /// All settings are equal.
  bool operator==(const LearningRateSchedule&) const = default;
};

/// As Keras's ReduceLROnPlateau without cooldown: after `patience` epochs in a row that were not better than the best
/// by more than min_delta, the schedule's rate is multiplied by the factor, and the epochs are counted anew; not where
/// the rate is at its minimum already. Compares in f64, Keras in f32: they differ where a change is lost in f32.
struct ReduceOnPlateau {
  int64_t patience = 0;     ///< epochs; 0: never
  double factor = 0.1;      ///< above 0 and below 1
  double min_delta = 1e-4;  ///< in units of the monitor, at least 0
  /// All settings are equal.
  bool operator==(const ReduceOnPlateau&) const = default;
};

/// As Keras's EarlyStopping: the training ends after `patience` epochs in a row that were not better than the best by
/// more than min_delta. Compares as ReduceOnPlateau does.
struct EarlyStop {
  int64_t patience = 0;  ///< epochs; 0: never
  double min_delta = 0;  ///< in units of the monitor, at least 0
  /// All settings are equal.
  bool operator==(const EarlyStop&) const = default;
};

/// All that steers a training; as it is made, the learning rate stays and nothing stops early. What becomes of it is a
/// function of these settings and the epochs so far. There is no other state, so that a training that goes on from its
/// history is steered as one that never stopped.
struct TrainingPlan {
  Monitor monitor = Monitor::kHeldOutLoss;  ///< what `reduce`, `early_stop` and the best epoch go by
  LearningRateSchedule schedule;            ///< of the learning rate by itself
  ReduceOnPlateau reduce;                   ///< what lowers it further
  EarlyStop early_stop;                     ///< what ends the training
  double minimum_rate = 0;  ///< neither schedule nor plateaus go below; at most the rate they begin with
  /// All settings are equal.
  bool operator==(const TrainingPlan&) const = default;
};

/// Keras's names: val_loss, val_accuracy, loss, accuracy.
std::string_view name_of(Monitor monitor);
/// The reverse; nothing for a name that is none of these.
std::optional<Monitor> monitor_by_name(std::string_view name);
/// constant, step, cosine.
std::string_view name_of(ScheduleKind kind);
/// The reverse; nothing for a name that is none of these.
std::optional<ScheduleKind> schedule_by_name(std::string_view name);

/// What is looked at where something or nothing is held out: then loss for val_loss, accuracy for val_accuracy.
Monitor effective(Monitor monitor, bool held_out);

/// What the monitor sees in a record.
double monitored(Monitor monitor, const EpochRecord& record);
/// Whether value is strictly better than `than`; a NaN is never better.
bool is_better(Monitor monitor, double value, double than);

/// How often the learning rate was reduced because nothing got better. rate: the one that the training began with.
/// history, here and below: the epochs that have ended, in order. It may lack epochs that nobody measured, which count
/// for nothing.
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
