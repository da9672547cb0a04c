// The line that shows how far an epoch is, drawn over and over on a terminal.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "sateen/train.hpp"

namespace sateen::app {

/// How far a training is, as its bar shows it.
struct Progress {
  int64_t epoch = 1, epochs = 1;
  int64_t step = 0, steps = 1;                              ///< done, of the epoch
  Metrics so_far;                                           ///< of the epoch
  double seconds_left = 0;                                  ///< of the epoch; negative: not known yet
  double images_per_second = 0, milliseconds_per_step = 0;  ///< 0: not known yet
};

/// What fits into the columns of a line, of which the last stays empty: some terminals go to the next line there. What
/// counts least is left out first.
std::string bar_line(const Progress& progress, int columns, bool color);

/// Shows a training on stderr, until it is destroyed.
class ProgressBar {
 public:
  ProgressBar(int64_t epochs, bool color) : epochs_(epochs), color_(color) {}
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// Draws at most ten times a second, and always an epoch's first and last.
  void show(int64_t epoch, const Metrics& so_far, int64_t step, int64_t steps);

 private:
  using Clock = std::chrono::steady_clock;

  int64_t epochs_;
  bool color_;
  int64_t epoch_ = 0;  ///< that is shown
  // Since its first call, from which speeds are taken: what came before may have compiled.
  Clock::time_point begun_, drawn_;
  int64_t first_step_ = 0;
  uint64_t first_images_ = 0;
};

}  // namespace sateen::app
