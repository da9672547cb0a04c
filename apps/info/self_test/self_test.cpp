// The checks in their order.
#include "info/self_test/self_test.hpp"

#include <algorithm>
#include <chrono>
#include <exception>

#include "info/self_test/checks.hpp"

namespace sateen::app {

namespace {

struct Check {
  const char* name;
  Outcome (*run)(Subject& subject);
};

// What others rest on comes first.
constexpr Check kChecks[] = {
    {"opening", check_opening},
    {"operations", check_operations},
    {"special values", check_special_values},
    {"training", [](Subject& s) { return check_gradients(s, false); }},
    {"... with dropout", [](Subject& s) { return check_gradients(s, true); }},
    {"determinism", check_determinism},
    {"events", check_waiting},
    {"memory limits", check_memory},
    {"driver faults", check_driver_faults},
    {"matrix products", check_gemm},
    {"program cache", check_program_cache},
    {"speed", check_speed},
};

constexpr const char* kNotOpened = "the device can't be opened";

CheckLine run_check(const Check& check, Subject& subject) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point begun = Clock::now();
  CheckLine line{check.name, {}, 0};
  try {
    line.outcome = check.run(subject);
  } catch (const std::exception& error) {
    line.outcome = failed(error.what());
    subject.leave();
  }
  line.seconds = std::chrono::duration<double>(Clock::now() - begun).count();
  return line;
}

void append(Description& to, const Description& from) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

size_t SelfTest::count(Outcome::State state) const {
  return static_cast<size_t>(
      std::count_if(lines.begin(), lines.end(), [&](const CheckLine& l) { return l.outcome.state == state; }));
}

SelfTest run_self_test(Subject& subject, const Registry& registry,
                       const std::function<void(const SelfTest&)>& on_device,
                       const std::function<void(const CheckLine&)>& on_line) {
  SelfTest result;
  result.device = subject.info();
  result.settings = subject.settings();
  result.description = registry.describe(subject.info());
  on_device(result);
  for (const Check& check : kChecks) {
    const bool opened = result.lines.empty() || result.lines.front().outcome.state == Outcome::State::kPass;
    result.lines.push_back(opened ? run_check(check, subject) : CheckLine{check.name, skipped(kNotOpened), 0});
    on_line(result.lines.back());
  }
  try {
    append(result.description, subject.device().describe());
  } catch (const std::exception& error) {
    result.description.emplace_back("open_device", error.what());
  }
  return result;
}

}  // namespace sateen::app
