// What a training run was asked to do, and what it does.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sateen/communicator.hpp"
#include "sateen/train.hpp"
#include "sateen/training_plan.hpp"

namespace sateen::app {

/// Where files of an earlier run are in the folder.
enum class Earlier { kRefuse, kOverwrite, kResume };

/// How several devices work at one run.
struct RankSettings {
  bool distributed = false;          ///< one rank in each process that MPI has started
  std::vector<std::string> devices;  ///< of --device where it names several: without MPI, a rank for each
  ParallelOptions options;
};

/// How a run goes and where its files are: nothing here shapes the result, but for how ranks add their gradients.
struct RunSettings {
  std::filesystem::path data, out;
  Earlier earlier = Earlier::kRefuse;
  int64_t save_every = 1;    ///< epochs
  double save_interval = 0;  ///< minutes; 0: only at the ends of epochs
  bool epoch_lines = true;
  bool bar = false;                    ///< drawn while an epoch goes
  bool color = false;                  ///< in the bar and in epoch lines
  bool report = true;                  ///< write report.html
  std::optional<std::string> gnuplot;  ///< its path, where pictures are drawn too
  bool profile = false;                ///< end with a table of the operations' times
  RankSettings ranks;
};

/// How the training is steered, as far as it was given.
struct GivenPlan {
  std::optional<Monitor> monitor;
  std::optional<ScheduleKind> schedule;
  std::optional<int64_t> early_stop, reduce, step_epochs;
  std::optional<double> factor, minimum_rate;
  bool step_epochs_asked = false, factor_asked = false;  ///< on the command line, where they have to be of use
  bool restore_best = false;
};

/// What shapes the result, as far as it was given; the rest is as in the checkpoint, or the default.
struct GivenSettings {
  std::optional<std::string> model;
  std::optional<int64_t> epochs, batch_size;
  std::optional<uint64_t> seed;
  std::optional<double> learning_rate, held_out_share;
  GivenPlan plan;
  std::optional<Augmentation> augmentation;
};

/// What shapes the result.
struct TrainSettings {
  std::string model = "dropout";  ///< one of network_names()
  int64_t epochs = 20;
  int64_t batch_size = 64;
  uint64_t seed = 0;
  double learning_rate = 1e-3;
  double held_out_share = 0.2;
  TrainingPlan plan;
  bool restore_best = false;
  Augmentation augmentation = {};
};

}  // namespace sateen::app
