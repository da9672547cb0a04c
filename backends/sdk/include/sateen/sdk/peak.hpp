// What a backend's Device tells of its limits, for the extension sateen.peak/1, and how to measure a rate.
#pragma once

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstdint>

namespace sateen::sdk {

/// See sateen_peak_rates.
struct PeakRates {
  double flops = 0;             ///< f32 operations a second; a multiply-add is two
  double bytes_per_second = 0;  ///< read and written by a copy that is larger than the caches
};

/// A Device that can measure. Asked when all work is done.
template <typename Device>
concept MeasuresPeak = requires(Device& device) {
  { device.measure_peak() } -> std::same_as<PeakRates>;
};

/// The most units of work a second. run(n) does n units and waits for them. n doubles from `least` to at most `most`
/// until a run takes a hundredth of a second, so that a start costs little and no display's watchdog sees a long
/// kernel; then the best of several runs counts, since what else the machine does can only slow one down.
template <typename Run>
double best_rate(Run&& run, uint64_t least, uint64_t most) {
  using Clock = std::chrono::steady_clock;
  using Seconds = std::chrono::duration<double>;
  constexpr double kLongEnough = 0.01;
  constexpr double kAll = 0.12;
  constexpr int kFewest = 3;
  const auto timed = [&](uint64_t n) {
    const Clock::time_point begin = Clock::now();
    run(n);
    return std::max(Seconds(Clock::now() - begin).count(), 1e-9);
  };
  run(least);  // drivers compile and allocate at the first run
  uint64_t n = least;
  while (n <= most / 2 && timed(n) < kLongEnough) {
    n *= 2;
    run(n);
  }
  double best = 0;
  const Clock::time_point begin = Clock::now();
  for (int i = 0; i < kFewest || Seconds(Clock::now() - begin).count() < kAll; ++i) {
    best = std::max(best, static_cast<double>(n) / timed(n));
  }
  return best;
}

}  // namespace sateen::sdk
