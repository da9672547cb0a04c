// A program as a list of steps that are done when they return, and where their time went.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sateen/sdk/profile.hpp"

namespace sateen::sdk {

/// A base of Program for the adaptor, which makes it Profiled. Step: a callable, in the order of the operations.
template <typename Step>
class TimedSteps {
 public:
  /// name: the operation's, or those of all that it does, as sateen_op_profile has them. op: the number of the first of
  /// them, for passes in stages.
  void add(std::string name, Step step, size_t op = 0) { steps_.push_back({std::move(name), std::move(step), op}); }

  /// Runs the steps whose first operation is from `first` to before `last`, all of them unless told otherwise; timed: on
  /// a device that was opened with profile=1.
  template <typename Context>
  void run_steps(const Context& context, bool timed, size_t first = 0, size_t last = SIZE_MAX) {
    using Clock = std::chrono::steady_clock;
    for (Entry& entry : steps_) {
      if (entry.op < first || entry.op >= last) continue;
      if (!timed) {
        entry.step(context);
        continue;
      }
      const Clock::time_point begin = Clock::now();
      entry.step(context);
      const auto took = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begin);
      entry.nanoseconds += static_cast<uint64_t>(took.count());
      ++entry.runs;
    }
  }

  /// For Profiled: one entry a step.
  size_t profile_count() const { return steps_.size(); }
  /// For Profiled: the wall time that step i took in timed runs. Its name is valid until the next add.
  OpTime profile(size_t i) const { return {steps_[i].name.c_str(), steps_[i].runs, steps_[i].nanoseconds}; }

 private:
  struct Entry {
    std::string name;
    Step step;
    size_t op = 0;
    uint64_t runs = 0, nanoseconds = 0;
  };
  std::vector<Entry> steps_;
};

}  // namespace sateen::sdk
