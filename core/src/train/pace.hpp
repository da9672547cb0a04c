// Clocks of the training loop: how long it trained, and how many steps to submit at a time.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

namespace sateen {

using Clock = std::chrono::steady_clock;

inline double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Adds up the time between start() and stop().
class Stopwatch {
 public:
  void start() { running_since_ = Clock::now(); }
  void stop() {
    seconds_ = seconds();
    running_since_.reset();
  }
  double seconds() const { return seconds_ + (running_since_ ? seconds_since(*running_since_) : 0.0); }

 private:
  double seconds_ = 0;
  std::optional<Clock::time_point> running_since_;
};

/// How many steps to submit between two looks at the clock: about a quarter of a second's worth.
class ChunkSize {
 public:
  int64_t steps() const { return steps_; }
  void took(double seconds) {
    if (seconds < 0.12) steps_ = std::min<int64_t>(steps_ * 2, 256);
    if (seconds > 0.5) steps_ = std::max<int64_t>(steps_ / 2, 1);
  }

 private:
  int64_t steps_ = 4;
};

}  // namespace sateen
