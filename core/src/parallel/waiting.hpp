// Waiting for other ranks: gently at first idle looks, and not for ever.
#pragma once

#include <chrono>
#include <vector>

#include "sateen/communicator.hpp"

namespace sateen {

/// How long nothing has come, and what that means.
class Waiting {
 public:
  Waiting(Communicator& group, const ParallelOptions& options) : group_(group), options_(options) {}

  /// Something has come: the time begins anew.
  void progressed();
  /// Nothing has: waits a moment. missing(): the ranks that are waited for. Throws RankError where one has gone, or too
  /// much time has.
  template <typename Missing>
  void idle(const Missing& missing) {
    if (pause()) judge(missing());
  }
  /// So much longer is waited than usual after a wish to stop: what a step takes.
  void allow(double seconds) { allowed_ = seconds; }

 private:
  using Clock = std::chrono::steady_clock;
  /// Whether it is time to look who is there.
  bool pause();
  void judge(const std::vector<int>& missing);
  [[noreturn]] void tell(const Departure& gone) const;

  Communicator& group_;
  const ParallelOptions& options_;
  Clock::time_point looked_ = Clock::now();
  int idle_ = 0;
  double waited_ = 0;    // since something came
  double stopped_ = -1;  // since then and a wish to stop; -1: there is none
  double allowed_ = 0;
  bool departure_seen_ = false;  // since something came
};

}  // namespace sateen
