// The files of a run as it goes on: last.sateen, best.sateen, history.csv.
#include "train/run_files.hpp"

#include <algorithm>
#include <string>
#include <system_error>
#include <utility>

#include "sateen/error.hpp"
#include "sateen/model_file.hpp"

namespace sateen::app {
namespace {

void remove_file(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::remove(path, error);
  if (error) throw Error(ErrorCode::kOutput, path.string() + ": can't be removed: " + error.message());
}

void write_last(const OutputFolder& folder, const Checkpoint& checkpoint) {
  folder.check_in_place();
  save_checkpoint(checkpoint, folder.last(), folder.previous().filename().string());
}

/// Whether best.sateen is the model of the checkpoint's best epoch, so that it need not be written.
bool holds(const std::filesystem::path& path, const ModelFile& best) {
  try {
    const ModelFile there = load_model(path);
    return same_architecture(there.model, best.model) &&
           std::ranges::equal(there.model.weights(), best.model.weights()) &&
           there.preprocessing.scale == best.preprocessing.scale &&
           there.preprocessing.shift == best.preprocessing.shift && there.class_names == best.class_names &&
           there.data_hash == best.data_hash && there.seed == best.seed;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kNoMemory) throw;
    return false;  // missing or damaged
  }
}

}  // namespace

void agree(const OutputFolder& folder, const Checkpoint& checkpoint) {
  if (!checkpoint.best) {
    remove_file(folder.best());
  } else if (const ModelFile best = best_model(checkpoint); !holds(folder.best(), best)) {
    save_model(best, folder.best());
  }
  write_history(folder.history(), checkpoint.history);
}

void end_run(const OutputFolder& folder, Checkpoint& checkpoint, bool changed) {
  const auto weights = checkpoint.file.model.weights();
  TrainState& state = checkpoint.state;
  const bool restore = checkpoint.restore_best && checkpoint.best &&
                       (state.step != 0 || !std::ranges::equal(weights, checkpoint.best->weights));
  if (restore) {
    std::ranges::copy(checkpoint.best->weights, weights.begin());
    // They have no part in an epoch that was begun.
    state.step = 0;
    state.loss_sum = state.correct = 0;
    state.images = 0;
    write_last(folder, checkpoint);
  } else if (changed) {
    folder.check_in_place();
    save_checkpoint(checkpoint, folder.last());
  }
}

bool is_over(int64_t epochs, const TrainingPlan& plan, std::span<const EpochRecord> history) {
  return static_cast<int64_t>(history.size()) >= epochs || stops_early(plan, history);
}

RunFiles::RunFiles(const OutputFolder& folder, const RunSettings& settings, Checkpoint checkpoint)
    : folder_(folder), settings_(settings), checkpoint_(std::move(checkpoint)) {}

void RunFiles::begin(const Trainer& trainer) {
  checkpoint_.state = trainer.state();
  // First of all, so that from here on there is something to go on from.
  save_checkpoint(checkpoint_, folder_.last());
  remove_file(folder_.previous());
  open();
}

void RunFiles::go_on(bool changed) {
  // Settings that were given now are those of the run from here on, also if it ends before its next save.
  if (changed) save_checkpoint(checkpoint_, folder_.last(), folder_.previous().filename().string());
  open();
}

void RunFiles::open() {
  agree(folder_, checkpoint_);
  history_.emplace(folder_.history());
}

void RunFiles::epoch_ended(const Trainer& trainer, const EpochRecord& record) {
  // Of every epoch, so that one that diverged is found whether or not it is saved, and before it counts as the best.
  checkpoint_.state = trainer.state();
  checkpoint_.history.push_back(record);
  checkpoint_.history.back().seconds = 0;
  checkpoint_.history.back().images_per_second = 0;
  checkpoint_.file.model = trainer.model();
  if (record.best) {
    const auto weights = checkpoint_.file.model.weights();
    checkpoint_.best = {record.epoch, {weights.begin(), weights.end()}};
  }
  // What is in best.sateen is in last.sateen too.
  const bool last = is_over(checkpoint_.epochs, checkpoint_.plan, checkpoint_.history);
  if (record.best || last || record.epoch % settings_.save_every == 0 || interval_passed()) {
    write();
  }
  if (record.best) save_model(best_model(checkpoint_), folder_.best());
  history_->append(record);
}

void RunFiles::steps_done(const Trainer& trainer) {
  if (interval_passed()) save(trainer);
}

void RunFiles::save(const Trainer& trainer) {
  checkpoint_.state = trainer.state();
  checkpoint_.file.model = trainer.model();
  write();
}

void RunFiles::write() {
  write_last(folder_, checkpoint_);
  saved_ = Clock::now();
}

bool RunFiles::interval_passed() const {
  if (settings_.save_interval == 0) return false;
  return std::chrono::duration<double, std::ratio<60>>(Clock::now() - saved_).count() >= settings_.save_interval;
}

}  // namespace sateen::app
