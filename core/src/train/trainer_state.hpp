// What a Trainer holds, and how its passes go.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "graph/steps.hpp"
#include "parallel/share.hpp"
#include "sateen/train.hpp"
#include "train/epoch_tables.hpp"
#include "train/pace.hpp"
#include "train/parallel_step.hpp"
#include "train/pass.hpp"

namespace sateen {

constexpr const char* kTryLower = "; try a lower learning rate";

struct Trainer::State {
  State(Device d, const Sequential& m, const Dataset& data, Split s, const TrainOptions& o,
        std::shared_ptr<Communicator> g, ParallelOptions p);

  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State();

  std::unique_ptr<Pass> training_pass();

  DevicePass evaluation_pass();

  /// Whether to stop now; ranks of a group stop together.
  bool stops(const CancelToken& cancel) const { return parallel ? parallel->stops() : cancel.cancelled(); }

  std::vector<float> read(const Buffer& buffer) const {
    return unpack_parameters(model, layout, buffer.read_as<float>());
  }

  void write(Buffer& buffer, std::span<const float> dense) const {
    const std::vector<float> flat = pack_parameters(model, layout, dense);
    buffer.write(flat.data(), layout.bytes);
  }

  /// Throws what all ranks know alike: GroupError, or Error where there is no group.
  [[noreturn]] void fail(ErrorCode code, const std::string& what) const;
  /// Throws Error(kDiverged) that names the first step whose loss is not finite.
  void check_finite();
  /// Where one of the values isn't finite, the words of Error(kDiverged) about them, which are those of a step of the next
  /// epoch; otherwise "".
  std::string words_of_divergence(std::initializer_list<std::span<const float>> all, int64_t step) const;

  /// Of the held-out images, on all ranks together.
  Metrics evaluate(const CancelToken& cancel);

  /// Of this rank's share of the held-out images.
  MetricSums evaluate_share(const CancelToken& cancel);

  /// Before the first epoch: what the ranks have is what rank 0 has.
  void join();
  /// After each one: the ranks still have the same weights. Devices of several kinds round updates in their own ways:
  /// there all go on with what rank 0 has, and must be close to it.
  void compare();

  /// Ends the steps in flight, and the time that counts as training.
  void settle() {
    device.finish();
    watch.stop();
  }

  /// Leaves the epoch, if one was begun, so that the next one goes on where it was left.
  void leave();
  [[noreturn]] void throw_cancelled();

  Device device;
  Sequential model;
  Split split;
  TrainOptions options;
  std::shared_ptr<Communicator> group;  // null: this trainer works alone
  ParallelOptions parallel_options;
  Share share;  // of each batch
  ParameterLayout layout;
  EpochTables train;
  std::unique_ptr<EpochTables> held_out;
  double evaluation_seconds = 0;  // that the last one took, or would have
  Buffer parameters, gradients, adam_m, adam_v, images, labels, learning_rates;
  Program train_program, evaluate_program;
  std::unique_ptr<ParallelStep> parallel;  // with a group
  std::unique_ptr<Pass> pass;              // of the epoch that has begun
  bool joined = false;                     // the group has agreed
  bool alike = true;                       // its devices are of one kind
  int64_t epochs_ended = 0;
  uint64_t steps_ended = 0;
  int64_t first_row = 0;  // of the next epoch, which was restored or left half done
  MetricSums first_sums;
  bool unrecorded = false;   // the last epoch ended, fit has not evaluated it yet
  Stopwatch watch;           // of training steps
  double learning_rate = 0;  // of the epoch that has begun
  // Of the epochs ended, as far as fit measured them, and the best of them.
  std::vector<EpochRecord> history;
  std::optional<EpochRecord> best;
};

}  // namespace sateen
