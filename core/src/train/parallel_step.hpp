// A training step of one rank among several: its share's gradients, their exchange while the rest is computed, the update.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "graph/steps.hpp"
#include "parallel/exchange.hpp"
#include "parallel/plan.hpp"
#include "parallel/share.hpp"
#include "parallel/slow_rank.hpp"
#include "sateen/communicator.hpp"
#include "train/epoch_tables.hpp"
#include "train/pass.hpp"

namespace sateen {

class ParallelStep {
 public:
  /// spec: of this rank's share. batch: the global one. options outlives it.
  ParallelStep(Device& device, const Sequential& model, const ParameterLayout& layout, const StepSpec& spec,
               int64_t batch, std::shared_ptr<Communicator> group, const ParallelOptions& options);

  /// bindings: of a TrainingStep; they outlive the pass. Steps end before their chunk does: no device is ahead of the
  /// others. A chunk ends early, on all ranks after the same step, where one was told to stop or a loss is not finite.
  /// After a RankError the parameters are those of the last step that ended.
  std::unique_ptr<Pass> pass(EpochTables& tables, std::vector<Binding> bindings);

  /// From now on a stop is what the ranks tell each other of this.
  void watch(const CancelToken& cancel) { cancel_ = cancel; }
  /// Whether a rank was told to stop, as of the last step: the same on all ranks.
  bool stops() const { return stops_; }
  void begin_epoch();
  /// Since then: a rank that the others wait for, in words.
  std::optional<std::string> slow_rank() const { return slow_.words(*group_); }
  /// Of both programs.
  std::vector<OpProfile> profile() const;

 private:
  class StepPass;
  void run(EpochTables& tables, std::span<const Binding> bindings);
  void exchange(EpochTables& tables, std::span<const Binding> bindings);
  void put_back_statistics(const Binding& parameters);
  void submit(size_t bucket, const std::vector<BucketRange>& ranges, std::span<const Binding> bindings);
  void add_records(EpochTables& tables, const std::vector<StepRecord>& records);

  Device& device_;
  std::shared_ptr<Communicator> group_;
  const ParallelOptions& options_;
  std::vector<Share> shares_;  // of the ranks
  std::vector<BucketPlan> buckets_;
  Program gradient_program_, update_program_;
  std::vector<float> statistics_;  // that the forward pass changes: as of the last step, once there was one
  CancelToken cancel_;
  bool stops_ = false;
  SlowRank slow_;
  std::shared_ptr<Exchange> exchange_;
};

}  // namespace sateen
