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
  Clock::time_point since_ = Clock::now(), looked_ = since_;
  int idle_ = 0;
  double allowed_ = 0;
  bool stopping_ = false;
  bool departure_seen_ = false;  // since something came
  Clock::time_point stopped_;
};

}  // namespace sateen
