// The files of a run as it goes on: last.sateen, best.sateen, history.csv.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

#include "sateen/checkpoint.hpp"
#include "sateen/train.hpp"
#include "train/history.hpp"
#include "train/output_folder.hpp"
#include "train/settings.hpp"

namespace sateen::app {

// last.sateen is what counts: the other two follow from it. All functions throw Error(kOutput) where a file can't be
// written.

/// Makes best.sateen and history.csv agree with a checkpoint, whatever a run that ended hard has left.
void agree(const OutputFolder& folder, const Checkpoint& checkpoint);

/// Of a run that has ended: last.sateen gets the weights of the best epoch where they were asked for, and none of the
/// steps of an epoch that was left half done. What it was before is previous.sateen then. changed: the checkpoint is
/// another than in the file; where that is all, previous.sateen stays.
void end_run(const OutputFolder& folder, Checkpoint& checkpoint, bool changed);

/// Whether no epoch comes after these.
bool is_over(int64_t epochs, const TrainingPlan& plan, std::span<const EpochRecord> history);

class RunFiles {
 public:
  /// checkpoint: as it was loaded or, for a new run, without state. Nothing is written before begin() or go_on().
  RunFiles(const OutputFolder& folder, const RunSettings& settings, Checkpoint checkpoint);

  /// Puts the files of a new run in place, over those of an earlier one.
  void begin(const Trainer& trainer);
  /// Does so for a run that goes on. changed: its settings or its device are others than in the file.
  void go_on(bool changed);

  /// After an epoch: keeps the best model, saves where it is time to, and adds a row to the history.
  void epoch_ended(const Trainer& trainer, const EpochRecord& record);
  /// Within an epoch: saves where it is time to.
  void steps_done(const Trainer& trainer);
  /// Saves now. Throws Error(kDiverged) where the state is not finite: the checkpoint before stays.
  void save(const Trainer& trainer);

  /// After the last epoch.
  void end() { end_run(folder_, checkpoint_, /*changed=*/false); }

  const Checkpoint& checkpoint() const { return checkpoint_; }

 private:
  using Clock = std::chrono::steady_clock;
  void open();
  void write();
  bool interval_passed() const;

  const OutputFolder& folder_;
  const RunSettings& settings_;
  Checkpoint checkpoint_;
  std::optional<History> history_;
  Clock::time_point saved_ = Clock::now();
};

}  // namespace sateen::app
