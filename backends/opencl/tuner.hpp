// Which variant of its kernels each operation gets: pinned, remembered, measured, or the first.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "gemm_choice.hpp"
#include "sateen/sdk/tuning.hpp"
#include "step.hpp"
#include "trial.hpp"
#include "tuning_record.hpp"

namespace sateen::opencl {

struct TuningOptions {
  bool remembers = true;  ///< whether the record is read; without it nothing is measured either
  double seconds = 0;     ///< for all measurements on the device; 0 measures nothing
  bool again = false;     ///< measure what the record has, too
};

/// Decides when a graph is compiled and never later, once for each operation's key (op_key.hpp) for as long as the device
/// is open. A variant that is wrong never wins; one that is faster by too little does not either, so that what is chosen
/// does not hang on chance. What found no time left is recorded as well: the next run chooses the same. What could not be
/// tried, for lack of memory or since the safe variant failed, is not: the next run tries again.
class Tuner {
 public:
  Tuner(const TuningOptions& options, GemmChoice gemm, TuningRecord record, sdk::Host host)
      : options_(options), gemm_(std::move(gemm)), record_(std::move(record)), host_(host) {}

  /// For each operation its variant, "" where there is one way alone. Returns when the device has done what was measured.
  std::vector<std::string> choose(const sdk::GraphView& graph, cl_context context, const Workshop& workshop);

  /// For operations that are not chosen for yet. One that isn't known here, or computes wrong, is passed over.
  void pin(const sdk::Choices& choices);
  const sdk::Choices& choices() const { return choices_; }
  /// What is known of the variants of what was chosen for, as sateen.tuning/1 has it.
  std::string candidates();
  const GemmChoice& gemm() const { return gemm_; }

 private:
  using Clock = std::chrono::steady_clock;

  /// An operation that there are variants of.
  struct Question {
    size_t op;
    std::string name, key;
    std::string safe;                ///< the variant that every device can have, and that the others are held against
    std::vector<std::string> names;  ///< what may be taken; the first that can be had is what is taken unmeasured
  };
  /// What a question is answered on.
  struct Bench {
    const sdk::GraphView& graph;
    cl_context context;
    const Workshop& workshop;
    bool can_have(const Question& q, const std::string& name) const;
    Trial trial(const Question& q) const { return {graph, graph.ops()[q.op], q.safe, context, workshop}; }
  };
  /// A decision in the making.
  struct Attempt {
    Decision decision;
    bool lasting = true;  ///< false: it is not recorded, since what is refused may be right another time
  };

  std::vector<Question> questions(const Bench& bench) const;
  bool answer_unmeasured(const Question& q, const Bench& bench);
  /// The name, or where it can't be used the first that can.
  void settle(const Question& q, const std::string& name, const Bench& bench);
  std::string first_usable(const Question& q, const Bench& bench);
  bool usable(const Question& q, const std::string& name, const Bench& bench);
  /// Takes the first that is not refused, of our own: nothing is tried.
  void leave(const Question& q, const Bench& bench, const std::string& why, const Decision& known = {});
  bool measures() const;
  void measure(const std::vector<Question>& open, const Bench& bench);
  enum class Outcome { kMeasured, kNoTime, kLeft };
  /// kMeasured: here or by another process.
  Outcome measure(const Question& q, const Bench& bench);
  void try_all(const Question& q, const Bench& bench, Attempt& attempt);
  void try_none(const Question& q, const Bench& bench, Decision& decision);
  bool check_all(const Question& q, const Bench& bench, Trial& trial, Attempt& attempt);
  void check(const Question& q, const Bench& bench, Trial& trial, TriedVariant& tried, Attempt& attempt);
  bool time_all(Trial& trial, Decision& decision) const;
  void refuse(const Question& q, TriedVariant& tried, const std::string& wrong);
  bool time_is_up() const { return Clock::now() >= deadline_; }

  TuningOptions options_;
  GemmChoice gemm_;
  TuningRecord record_;
  sdk::Host host_;
  sdk::Choices pinned_, choices_;
  bool told_ = false;  ///< that nothing is measured
  double spent_ = 0;   ///< seconds
  Clock::time_point deadline_;
};

}  // namespace sateen::opencl
