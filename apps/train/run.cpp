// A training run from data set to files.
#include "train/run.hpp"

#include <algorithm>
#include <optional>

#include "common/exit_code.hpp"
#include "common/numbers.hpp"
#include "common/signals.hpp"
#include "sateen/data.hpp"
#include "sateen/error.hpp"
#include "sateen/model_file.hpp"
#include "sateen/train.hpp"
#include "train/history.hpp"
#include "train/output_folder.hpp"
#include "train/profile.hpp"
#include "train/report.hpp"

namespace sateen::app {
namespace {

void check_batch_size(const TrainSettings& settings, size_t images) {
  if (static_cast<uint64_t>(settings.batch_size) <= images) return;
  throw Error(ErrorCode::kUsage, "--batch-size " + std::to_string(settings.batch_size) +
                                     " is too large; images to train on: " + grouped(images));
}

// The same file but for the weights.
ModelFile model_file(const Sequential& model, const Dataset& data, const TrainOptions& options) {
  return {model, options.preprocessing, data.class_names(), /*version=*/{}, data.hash(), options.seed};
}

int stopped_before_training(const Program& program, int signal) {
  program.warning(std::string("stopped by ") + StopSignals::name(signal) + " before training began: nothing was saved");
  return kSignalBase + signal;
}

}  // namespace

int train(const Program& program, const TrainSettings& settings,
          const std::function<OpenedDevice(const CancelToken&)>& open) {
  CancelToken cancel;
  const StopSignals signals(cancel);

  TrainOptions options;
  options.batch_size = settings.batch_size;
  options.seed = settings.seed;
  options.adam.learning_rate = settings.learning_rate;

  const Dataset data = load_fashion_mnist(settings.data, FashionMnistPart::kTrain, program.log_sink());
  Split parts = split(data.size(), settings.held_out_share, settings.seed);
  check_batch_size(settings, parts.train.size());
  const OutputFolder out(settings.out);
  std::optional<OpenedDevice> opened;
  try {
    opened = open(cancel);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kCancelled) throw;
    return stopped_before_training(program, StopSignals::received());
  }
  Program::note(opened->line);
  report_data(settings.data, data, parts);
  Sequential model = fashion_mnist_network(settings.model == "dropout");
  model.initialise(settings.seed);
  report_model(settings, model);

  if (out.has_earlier_files()) {
    program.warning(settings.out.string() + " holds files of an earlier run; they are replaced as this one goes on");
  }
  ModelFile file = model_file(model, data, options);
  Trainer trainer(opened->device, model, data, std::move(parts), options);
  if (settings.profile) trainer.profile();  // a backend without profiles says so now, not after hours
  if (StopSignals::received() != 0) return stopped_before_training(program, StopSignals::received());

  History history(out.history());
  report_plan(settings, trainer.steps_per_epoch());
  std::optional<EpochRecord> best;
  int64_t finished = 0;
  FitCallbacks callbacks;
  callbacks.on_epoch = [&](const EpochRecord& record) {
    file.model = trainer.model();
    if (record.best) {
      save_model(file, out.best());
      best = record;
    }
    save_model(file, out.last());
    history.append(record);
    finished = record.epoch;
    if (settings.epoch_lines) report_epoch(record, settings.epochs);
  };
  try {
    trainer.fit(settings.epochs, callbacks, cancel);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kDiverged) {
      if (settings.profile) report_profile(trainer.profile());
      throw Error(ErrorCode::kDiverged, std::string(error.what()) + " (--lr is " + general(settings.learning_rate) +
                                            " now); " + describe_best(best, out));
    }
    if (error.code() != ErrorCode::kCancelled) throw;
    file.model = trainer.model();
    save_model(file, out.last());
    if (settings.profile) report_profile(trainer.profile());
    program.warning(std::string("stopped by ") + StopSignals::name(StopSignals::received()) + " in epoch " +
                    std::to_string(finished + 1) + ": " + out.last().string() + " has the weights so far; " +
                    describe_best(best, out));
    return kSignalBase + StopSignals::received();
  }
  if (settings.profile) report_profile(trainer.profile());
  Program::note("done: " + describe_best(best, out));
  return kDone;
}

}  // namespace sateen::app
