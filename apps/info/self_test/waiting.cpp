// Events and waits.
#include <array>
#include <exception>
#include <string>
#include <thread>

#include "info/self_test/checks.hpp"
#include "info/self_test/counting.hpp"

namespace sateen::app {

namespace {

constexpr int kRuns = 100;
constexpr uint64_t kLong = 20'000'000'000;  // ns

/// Waits on a thread of its own; what that throws comes out here.
bool wait_elsewhere(Event& event) {
  bool reached = false;
  std::exception_ptr thrown;
  std::thread([&] {
    try {
      reached = event.wait(kLong);
    } catch (...) {
      thrown = std::current_exception();
    }
  }).join();
  if (thrown) std::rethrow_exception(thrown);
  return reached;
}

}  // namespace

Outcome check_waiting(Subject& subject) {
  Device& device = subject.device();
  CountingProgram program(device);
  for (int i = 0; i < kRuns; ++i) program.run();
  Event reached = device.mark();
  if (!wait_elsewhere(reached)) return failed("an event was not reached within 20 s");
  if (!reached.wait(0)) return failed("an event that was reached is not any more");
  std::array<int32_t, 2> read{};
  program.run();
  Event done = program.read_async(read);
  if (!done.wait(kLong)) return failed("a read did not end within 20 s");
  if (read[1] != kRuns + 1) {
    return failed("a read that has ended holds " + std::to_string(read[1]) + " instead of " +
                  std::to_string(kRuns + 1));
  }
  device.finish();
  return passed("events are reached, from other threads too, and reads are done then; no error was left");
}

}  // namespace sateen::app
