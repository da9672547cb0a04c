// How fast the device trains, and how long a run takes that does nothing.
#include <algorithm>
#include <chrono>
#include <string>

#include "common/numbers.hpp"
#include "info/self_test/checks.hpp"
#include "info/self_test/counting.hpp"
#include "sateen/train.hpp"

namespace sateen::app {

namespace {

using Clock = std::chrono::steady_clock;
constexpr uint32_t kImages = 512;
constexpr int64_t kBatch = 64;
constexpr double kSeconds = 0.7;

double seconds_since(Clock::time_point begun) {
  return std::chrono::duration<double>(Clock::now() - begun).count();
}

/// Images a second of the published network in batches of 64: the best of what fits into the time.
double training_speed(const Device& device) {
  Sequential model = fashion_mnist_network(true);
  model.initialise(0);
  const Dataset data =
      noise_dataset(model.input_shape(), static_cast<uint32_t>(model.output_shape().elements()), kImages);
  TrainOptions options;
  options.batch_size = kBatch;
  Trainer trainer(device, model, data, split(data.size(), 0, 0), options);
  // Drivers compile at the first run, which does not count.
  double step = 0;
  trainer.begin_epoch();
  for (int i = 0; i < 2; ++i) {
    const Clock::time_point begun = Clock::now();
    trainer.run_steps(1);
    static_cast<void>(trainer.model());  // waits
    step = seconds_since(begun);
  }
  if (step > kSeconds) return static_cast<double>(kBatch) / step;
  double best = 0;
  for (const Clock::time_point start = Clock::now(); seconds_since(start) < kSeconds;) {
    while (trainer.run_steps(trainer.steps_per_epoch()) > 0) {
    }
    static_cast<void>(trainer.end_epoch());
    trainer.begin_epoch();
    const Clock::time_point begun = Clock::now();
    const int64_t steps = trainer.run_steps(trainer.steps_per_epoch() - 1);
    static_cast<void>(trainer.model());
    best = std::max(best, static_cast<double>(kBatch * steps) / seconds_since(begun));
  }
  return best;
}

/// Seconds of a run that is waited for: the least of many.
double empty_run(Device& device) {
  CountingProgram program(device);
  double least = 1e9;
  for (int i = 0; i < 200; ++i) {
    const Clock::time_point begun = Clock::now();
    program.run();
    device.finish();
    least = std::min(least, seconds_since(begun));
  }
  return least;
}

std::string figures(Device& device) {
  const double speed = training_speed(device);
  return grouped(static_cast<uint64_t>(speed)) + " images/s, an empty run takes " +
         general(1e6 * empty_run(device), 2) + " us";
}

}  // namespace

Outcome check_speed(Subject& subject) {
  std::string text = figures(subject.device());
  if (!subject.is_reference()) text += "; cpu: " + figures(subject.reference());
  return passed(text);
}

}  // namespace sateen::app
