// How fast devices train: a few steps of the published network on each.
#include "choose/measure.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>

#include "sateen/error.hpp"
#include "sateen/train.hpp"

namespace sateen {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int64_t kBatch = 64;
constexpr int64_t kSteps = 2;      // of an epoch, which is the unit that is timed: short, so that some pass undisturbed
constexpr double kAllSeconds = 2;  // of all candidates together
constexpr int kTurns = 5;          // in which they take part one after the other: other load then hits all alike
constexpr double kSlowStepSeconds = 1;  // a device this slow gets one step, not an epoch

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// One candidate, ready to be timed: its kernels are compiled and have run.
class Contestant {
 public:
  Contestant(Device device, const Sequential& network, const Dataset& data)
      : trainer_(std::move(device), network, data, split(data.size(), 0, 0), {}) {
    one_step();
  }

  /// Trains for that long, or for one step where even that takes longer.
  void turn(double seconds) {
    if (best_ == 0) {
      const double step = one_step();
      slow_ = step > kSlowStepSeconds;
      if (slow_) best_ = kBatch / step;
    }
    if (slow_) return;
    for (const Clock::time_point start = Clock::now(); seconds_since(start) < seconds;) {
      const Clock::time_point begun = Clock::now();
      trainer_.begin_epoch();
      while (trainer_.run_steps(kSteps) != 0) {
      }
      static_cast<void>(trainer_.end_epoch());
      // The best epoch counts: what else the machine does can only make it slower.
      best_ = std::max(best_, kBatch * kSteps / seconds_since(begun));
    }
  }

  double images_per_second() const { return best_; }

 private:
  double one_step() {
    const Clock::time_point start = Clock::now();
    trainer_.begin_epoch();
    trainer_.run_steps(1);
    static_cast<void>(trainer_.model());  // waits
    return seconds_since(start);
  }

  Trainer trainer_;
  double best_ = 0;
  bool slow_ = false;
};

/// Runs f; what it throws is the candidate's failure.
void keeping_failure(Measured& result, const CancelToken& cancel, const std::function<void()>& f) {
  if (cancel.cancelled()) throw Error(ErrorCode::kCancelled, "the measurement was stopped");
  try {
    f();
  } catch (const std::exception& error) {
    result.failure = error.what();
    if (result.failure.empty()) result.failure = "it failed";
  }
}

}  // namespace

std::vector<Measured> measure_speeds(const Registry& registry, const std::vector<DeviceInfo>& candidates,
                                     const CancelToken& cancel) {
  Sequential network = fashion_mnist_network(/*dropout=*/true);
  network.initialise(0);
  const Dataset data =
      noise_dataset(network.input_shape(), static_cast<uint32_t>(network.output_shape().elements()), kBatch * kSteps);
  std::vector<Measured> results(candidates.size());
  std::vector<std::unique_ptr<Contestant>> contestants(candidates.size());
  const auto working = [&] {
    return std::count_if(results.begin(), results.end(), [](const Measured& m) { return m.failure.empty(); });
  };
  for (size_t i = 0; i < candidates.size(); ++i) {
    keeping_failure(results[i], cancel, [&] {
      Device device = registry.open(candidates[i].backend, candidates[i].id);
      device.set_graph_dumps(false);   // they are for the graphs of what the user runs
      device.set_fallback_log(false);  // and so is this
      contestants[i] = std::make_unique<Contestant>(std::move(device), network, data);
    });
  }
  const double turn = kAllSeconds / (kTurns * static_cast<double>(std::max<long>(working(), 1)));
  for (int t = 0; t < kTurns && working() > 1; ++t) {
    for (size_t i = 0; i < candidates.size(); ++i) {
      if (results[i].failure.empty()) keeping_failure(results[i], cancel, [&] { contestants[i]->turn(turn); });
    }
  }
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (results[i].failure.empty()) results[i].images_per_second = contestants[i]->images_per_second();
  }
  return results;
}

}  // namespace sateen
