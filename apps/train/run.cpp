// A training run from data set to files.
#include "train/run.hpp"

#include <algorithm>
#include <optional>

#include "common/exit_code.hpp"
#include "common/networks.hpp"
#include "common/numbers.hpp"
#include "common/profile_table.hpp"
#include "common/signals.hpp"
#include "sateen/checkpoint.hpp"
#include "sateen/data.hpp"
#include "sateen/error.hpp"
#include "sateen/train.hpp"
#include "train/output_folder.hpp"
#include "train/progress_bar.hpp"
#include "train/report.hpp"
#include "train/resume.hpp"
#include "train/run_files.hpp"
#include "train/run_pictures.hpp"

namespace sateen::app {
namespace {

void check_batch_size(const TrainSettings& settings, size_t images) {
  if (static_cast<uint64_t>(settings.batch_size) <= images) return;
  throw Error(ErrorCode::kUsage, "--batch-size " + std::to_string(settings.batch_size) +
                                     " is too large; images to train on: " + grouped(images));
}

/// So that what is held out is what the share says, before the first epoch as after it.
void check_held_out(const TrainSettings& settings, const Split& parts) {
  if (settings.held_out_share == 0 || !parts.held_out.empty()) return;
  throw Error(ErrorCode::kUsage, "--val-split " + general(settings.held_out_share) + " holds out none of " +
                                     grouped(parts.train.size()) + " images; give a larger one, or 0");
}

int stopped_before_training(const Program& program, int signal) {
  program.warning(std::string("stopped by ") + StopSignals::name(signal) + " before training began: nothing was saved");
  return kSignalBase + signal;
}

/// A run that is about to begin, without weights and state.
Checkpoint beginning(const TrainSettings& settings, const Dataset& data) {
  Sequential model = network(settings.model);
  model.initialise(settings.seed);
  Checkpoint checkpoint{{std::move(model), {}, data.class_names(), /*version=*/{}, data.hash(), settings.seed}};
  checkpoint.batch_size = settings.batch_size;
  checkpoint.held_out_share = settings.held_out_share;
  checkpoint.augmentation = settings.augmentation;
  return checkpoint;
}

/// Takes over the settings that may be others than in the file that was read; whether one is.
bool adopt(Checkpoint& checkpoint, const TrainSettings& settings) {
  const bool changed = checkpoint.epochs != settings.epochs ||
                       checkpoint.adam.learning_rate != settings.learning_rate || checkpoint.plan != settings.plan ||
                       checkpoint.restore_best != settings.restore_best;
  checkpoint.epochs = settings.epochs;
  checkpoint.adam.learning_rate = settings.learning_rate;
  checkpoint.plan = settings.plan;
  checkpoint.restore_best = settings.restore_best;
  return changed;
}

/// Of what trains it from now on.
bool adopt(Checkpoint& checkpoint, const std::string& device) {
  const bool changed = checkpoint.device != device || checkpoint.file.version != SATEEN_VERSION;
  checkpoint.device = device;
  checkpoint.file.version = SATEEN_VERSION;
  return changed;
}

/// What doesn't fit is then the file's fault.
Trainer trainer_of(const Device& device, const Checkpoint& checkpoint, const Dataset& data, Split parts,
                   const std::filesystem::path& path) {
  try {
    Trainer trainer(device, checkpoint.file.model, data, std::move(parts), options_of(checkpoint));
    trainer.restore(checkpoint.state, checkpoint.history);
    return trainer;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUsage) throw;
    throw Error(ErrorCode::kBadInput, path.string() + ": " + error.what());
  }
}

/// The part of a run that has a trainer. Returns the exit code.
int train_on(const Program& program, const RunSettings& run, const OutputFolder& out, Trainer& trainer, RunFiles& files,
             RunPictures& pictures, const CancelToken& cancel) {
  const auto epochs = files.checkpoint().epochs;
  const auto report_end = [&] {
    if (run.profile) {
      for (const std::string& line : profile_table(trainer.profile(), "training step")) Program::note(line);
    }
  };
  std::optional<ProgressBar> bar;
  if (run.bar) bar.emplace(epochs, run.color);
  FitCallbacks callbacks;
  callbacks.on_epoch = [&](const EpochRecord& record) {
    files.epoch_ended(trainer, record);
    Program::status({});
    if (run.epoch_lines) report_epoch(record, epochs, run.color);
    if (run.epoch_lines) report_steering(files.checkpoint());
    pictures.epoch_ended(files.checkpoint());
  };
  callbacks.on_progress = [&](const Metrics& so_far, int64_t step, int64_t steps) {
    if (bar) bar->show(trainer.epoch() + 1, so_far, step, steps);
    files.steps_done(trainer);
    pictures.look();
  };
  try {
    try {
      trainer.fit(std::max<int64_t>(epochs - trainer.epoch(), 0), callbacks, cancel);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kCancelled) throw;
      files.save(trainer);
      bar.reset();
      pictures.stopped(files.checkpoint());
      report_end();
      report_stop(program, StopSignals::received(), files.checkpoint(), out);
      return kSignalBase + StopSignals::received();
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kDiverged) throw;
    bar.reset();
    pictures.stopped(files.checkpoint());
    report_end();
    throw Error(ErrorCode::kDiverged, std::string(error.what()) + " (" + describe_rate(files.checkpoint()) + "); " +
                                          describe_best(files.checkpoint(), out));
  }
  bar.reset();
  report_end();
  files.end();
  pictures.ended(files.checkpoint());
  Program::note("done: " + describe_best(files.checkpoint(), out));
  if (const std::string line = pictures.described(); !line.empty()) Program::note("      " + line);
  return kDone;
}

/// Of a run that has ended, whose pictures or report are missing or of before: draws them. The models are whole, so that
/// what goes wrong is a warning.
void draw_again(const Program& program, const RunSettings& run, const TrainSettings& settings, const OutputFolder& out,
                const Checkpoint& checkpoint, const std::function<OpenedDevice(DeviceWish)>& open,
                const CancelToken& cancel) {
  try {
    const Dataset data = load_fashion_mnist(run.data, FashionMnistPart::kTrain, program.log_sink());
    check_data(data, run.data, checkpoint, out.last());
    DeviceWish wish;
    wish.auto_takes = checkpoint.device;
    wish.cancel = cancel;
    const OpenedDevice opened = open(wish);
    Program::note(opened.line);
    Split parts = split(data.size(), settings.held_out_share, settings.seed);
    RunPictures pictures(program, run, settings, out, {data, std::move(parts), opened.device});
    pictures.ended(checkpoint);
    if (const std::string line = pictures.described(); !line.empty()) Program::note("      " + line);
  } catch (const Error& error) {
    program.warning(std::string(error.what()) + "; " + out.report().string() + " is not written");
  }
}

}  // namespace

int train(const Program& program, const RunSettings& run, const GivenSettings& given,
          const std::function<OpenedDevice(DeviceWish)>& open) {
  CancelToken cancel;
  const StopSignals signals(cancel);

  const OutputFolder out(run.out, run.earlier);
  if (!out.locked()) {
    program.warning(run.out.string() + ": this file system has no locks, so don't start another run there");
  }
  std::optional<Checkpoint> checkpoint;
  if (run.earlier == Earlier::kResume) checkpoint = load_last(out);
  const TrainSettings settings = checkpoint ? settings_of(given, *checkpoint, out.last()) : settings_of(given);
  const bool resumed = checkpoint.has_value();
  if (resumed && is_over(settings.epochs, settings.plan, checkpoint->history)) {
    report_changes(*checkpoint, settings);
    const bool changed = adopt(*checkpoint, settings);
    agree(out, *checkpoint);
    end_run(out, *checkpoint, changed);
    report_finished(*checkpoint, settings, out);
    if (RunPictures::missing(run, out)) draw_again(program, run, settings, out, *checkpoint, open, cancel);
    return kDone;
  }
  const Dataset data = load_fashion_mnist(run.data, FashionMnistPart::kTrain, program.log_sink());
  if (resumed) check_data(data, run.data, *checkpoint, out.last());
  Split parts = split(data.size(), settings.held_out_share, settings.seed);
  if (!resumed) {
    check_held_out(settings, parts);
    check_batch_size(settings, parts.train.size());
  }
  std::optional<OpenedDevice> opened;
  try {
    DeviceWish wish;
    if (resumed) wish.auto_takes = checkpoint->device;
    wish.cancel = cancel;
    opened = open(wish);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kCancelled) throw;
    return stopped_before_training(program, StopSignals::received());
  }
  Program::note(opened->line);
  report_data(run.data, data, parts);
  const std::string device = device_text(opened->device.info());
  const bool same_device = resumed && checkpoint->device == device;
  if (resumed) {
    report_move(*checkpoint, device);
    report_changes(*checkpoint, settings);
  }
  if (same_device) opened->device.pin(checkpoint->choices);
  if (!resumed) checkpoint = beginning(settings, data);
  bool changed = adopt(*checkpoint, settings);
  changed = adopt(*checkpoint, device) || changed;
  report_model(settings, checkpoint->file.model);
  RunPictures pictures(program, run, settings, out, {data, parts, opened->device});

  Trainer trainer =
      resumed ? trainer_of(opened->device, *checkpoint, data, std::move(parts), out.last())
              : Trainer(opened->device, checkpoint->file.model, data, std::move(parts), options_of(*checkpoint));
  const Choices choices = opened->device.choices();
  if (same_device) report_choices(checkpoint->choices, choices);
  changed = changed || checkpoint->choices != choices;
  checkpoint->choices = choices;
  if (run.profile) trainer.profile();  // a backend without profiles says so now, not after hours
  if (StopSignals::received() != 0) return stopped_before_training(program, StopSignals::received());

  RunFiles files(out, run, std::move(*checkpoint));
  if (resumed) {
    files.go_on(changed);
  } else {
    files.begin(trainer);
  }
  if (!resumed || !run.report) pictures.remove_earlier();
  if (run.report && !run.gnuplot) Program::note("pictures  none: gnuplot isn't on PATH (Debian: gnuplot-nox)");
  report_plan(files.checkpoint(), trainer.steps_per_epoch());
  if (resumed) report_resume(files.checkpoint(), out);
  return train_on(program, run, out, trainer, files, pictures, cancel);
}

}  // namespace sateen::app
