// A training run from data set to files.
#include "train/run.hpp"

#include <algorithm>
#include <csignal>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/exit_code.hpp"
#include "common/profile_table.hpp"
#include "common/signals.hpp"
#include "sateen/checkpoint.hpp"
#include "sateen/data.hpp"
#include "sateen/error.hpp"
#include "sateen/train.hpp"
#include "train/output_folder.hpp"
#include "train/prepare.hpp"
#include "train/progress_bar.hpp"
#include "train/report.hpp"
#include "train/resume.hpp"
#include "train/run_files.hpp"
#include "train/run_pictures.hpp"
#include "train/seat.hpp"

namespace sateen::app {
namespace {

/// Of a run that was told to stop, by a signal to this rank or to another one.
int code_of_signal() {
  return kSignalBase + (StopSignals::received() != 0 ? StopSignals::received() : SIGTERM);
}

int stopped_before_training(const Program& program, int signal, const Seat& seat) {
  if (!seat.alone()) seat.group.ranks->give_up("stopped before training began");
  program.warning(std::string("stopped by ") + StopSignals::name(signal) + " before training began: nothing was saved");
  return kSignalBase + signal;
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
  callbacks.on_remark = [&](const std::string& line) { program.warning(line); };
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
      return code_of_signal();
    }
  } catch (const RankError& error) {
    bar.reset();
    // The other ranks and what started them wait for nobody now: the checkpoint of before stays good if this is cut off.
    std::string kept = describe_checkpoint(files.checkpoint(), out);
    try {
      files.save(trainer);
      kept = describe_checkpoint(files.checkpoint(), out);
    } catch (const Error& also) {
      kept += " (what came after it is lost: " + std::string(also.what()) + ")";
    }
    const std::string what = std::string(error.what()) + "; " + kept;
    throw RankError(error.rank(), what, error.by(), error.teller());
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kDiverged) throw;
    bar.reset();
    pictures.stopped(files.checkpoint());
    report_end();
    const std::string what = std::string(error.what()) + " (" + describe_rate(files.checkpoint()) + "); " +
                             describe_best(files.checkpoint(), out);
    if (dynamic_cast<const GroupError*>(&error) != nullptr) throw GroupError(ErrorCode::kDiverged, what);
    throw Error(ErrorCode::kDiverged, what);
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
                const Checkpoint& checkpoint, const OpenDevice& open, const CancelToken& cancel) {
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

/// Of rank 0, or of a run by a single one.
int lead(const Program& program, const RunSettings& run, const GivenSettings& given, const Seat& seat,
         const OpenDevice& open, const CancelToken& cancel) {
  const OutputFolder out(run.out, run.earlier);
  if (!out.locked()) {
    program.warning(run.out.string() + ": this file system has no locks, so don't start another run there");
  }
  std::optional<Checkpoint> checkpoint;
  if (run.earlier == Earlier::kResume) checkpoint = load_last(out);
  const TrainSettings settings = checkpoint ? settings_of(given, *checkpoint, out.last()) : settings_of(given);
  const bool resumed = checkpoint.has_value();
  if (resumed && is_over(settings.epochs, settings.plan, checkpoint->history)) {
    give_orders(seat, /*train=*/false, {});
    report_changes(*checkpoint, settings);
    const bool changed = adopt(*checkpoint, settings);
    agree(out, *checkpoint);
    end_run(out, *checkpoint, changed);
    report_finished(*checkpoint, settings, out);
    if (RunPictures::missing(run, out)) draw_again(program, run, settings, out, *checkpoint, open, cancel);
    return kDone;
  }
  give_orders(seat, /*train=*/true, resumed ? std::optional(out.last()) : std::nullopt);
  const Dataset data = load_fashion_mnist(run.data, FashionMnistPart::kTrain, program.log_sink());
  if (resumed) check_data(data, run.data, *checkpoint, out.last());
  Split parts = split(data.size(), settings.held_out_share, settings.seed);
  if (!resumed) {
    check_held_out(settings, parts);
    check_batch_size(settings, parts.train.size());
  }
  std::optional<OpenedDevice> opened;
  try {
    opened = open(wish_of(seat, resumed ? checkpoint->device : "", cancel));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kCancelled) throw;
    return stopped_before_training(program, StopSignals::received(), seat);
  }
  Program::note(opened->line);
  if (!seat.alone()) report_ranks(seat.line, devices_of_ranks(seat, opened->device.info()));
  if (const std::string words = tied_words(seat, opened->device.info()); !words.empty()) program.warning(words);
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
  if (!seat.alone()) report_local_statistics(checkpoint->file.model);
  RunPictures pictures(program, run, settings, out, {data, parts, opened->device});

  Trainer trainer = trainer_of(opened->device, *checkpoint, data, std::move(parts), seat.group,
                               resumed ? out.last() : std::filesystem::path());
  const Choices choices = opened->device.choices();
  if (same_device) report_choices(checkpoint->choices, choices);
  changed = changed || checkpoint->choices != choices;
  checkpoint->choices = choices;
  if (run.profile) trainer.profile();  // a backend without profiles says so now, not after hours
  if (StopSignals::received() != 0) return stopped_before_training(program, StopSignals::received(), seat);

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

/// Whether this rank is to say that rank 0 has gone: no rank between the two is there to, or has.
bool speaks_for_first(Communicator& ranks, const RankError& error) {
  if (error.rank() != 0 || error.by() == RankError::By::kItself || error.by() == RankError::By::kStop) return false;
  for (int rank = 1; rank < ranks.rank(); ++rank) {
    if (!ranks.gone(rank) || rank == error.teller()) return false;
  }
  return true;
}

/// A rank that MPI has started, and not the first: what all ranks tell alike is rank 0's to print. An error of its own it
/// prints too, since what started the ranks may end rank 0 before that can.
int follow_by_mpi(const Program& program, const RunSettings& run, const GivenSettings& given, const Seat& seat,
                  const OpenDevice& open, const CancelToken& cancel) {
  Communicator& ranks = *seat.group.ranks;
  const std::string name = ranks.name(ranks.rank()) + ": ";
  try {
    follow(run, given, seat, open, cancel);
    return kDone;
  } catch (const GroupError& error) {
    return error.code() == ErrorCode::kCancelled ? code_of_signal() : exit_code(error.code());
  } catch (const RankError& error) {
    ranks.give_up(error.what(), error.rank());
    if (speaks_for_first(ranks, error)) program.error(error.what());
    return StopSignals::received() != 0 ? code_of_signal() : static_cast<int>(kRunTime);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kCancelled) {
      ranks.give_up("stopped before training began");
      return code_of_signal();
    }
    ranks.give_up(error.what());
    throw Error(error.code(), name + error.what());
  } catch (const std::bad_alloc&) {
    ranks.give_up("out of memory");
    throw Error(ErrorCode::kNoMemory, name + "out of memory");
  } catch (const std::exception& error) {
    ranks.give_up(error.what());
    throw Error(ErrorCode::kRuntime, name + error.what());
  }
}

/// Rank 0; the others don't wait for one that has failed.
int lead_group(const Program& program, const RunSettings& run, const GivenSettings& given, const Seat& seat,
               const OpenDevice& open, const CancelToken& cancel) {
  try {
    return lead(program, run, given, seat, open, cancel);
  } catch (const GroupError&) {
    throw;
  } catch (const RankError& error) {
    seat.group.ranks->give_up(error.what(), error.rank());
    if (error.by() != RankError::By::kStop) throw;
    program.warning(std::string("stopped by ") + StopSignals::name(StopSignals::received()) + ": " + error.what());
    return code_of_signal();
  } catch (const std::bad_alloc&) {
    seat.group.ranks->give_up("out of memory");
    throw;
  } catch (const std::exception& error) {
    seat.group.ranks->give_up(error.what());
    throw;
  }
}

}  // namespace

int train(const Program& program, const RunSettings& run, const GivenSettings& given, const OpenDevice& open) {
  CancelToken cancel;
  RankSettings ranks = run.ranks;
  ranks.options.stop = cancel;
  if (ranks.distributed) {
    const Seat seat = join_by_mpi(ranks);
    const StopSignals signals(cancel, seat.leads());
    return seat.leads() ? lead_group(program, run, given, seat, open, cancel)
                        : follow_by_mpi(program, run, given, seat, open, cancel);
  }
  if (const int others = started_together(); others > 1) {
    program.warning("this is one of " + std::to_string(others) +
                    " processes that were started together; without --distributed each of them trains by itself");
  }
  const StopSignals signals(cancel);
  if (ranks.devices.size() < 2) return lead(program, run, given, {}, open, cancel);
  std::vector<Seat> seats = seats_for(ranks);
  const Seat first = seats.front();
  seats.erase(seats.begin());
  const Followers followers(run, given, std::move(seats), open, cancel);
  try {
    return lead_group(program, run, given, first, open, cancel);
  } catch (const RankError& error) {
    throw Error(followers.failure().value_or(error.code()), error.what());
  }
}

}  // namespace sateen::app
