// Faults that some drivers are known for, each found by what it does and on whatever driver has it.
#include <algorithm>
#include <chrono>
#include <exception>
#include <string>
#include <thread>
#include <vector>

#include "info/self_test/checks.hpp"
#include "info/self_test/counting.hpp"
#include "sateen/error.hpp"

namespace sateen::app {

namespace {

using Clock = std::chrono::steady_clock;

/// It can't be looked for on this device.
constexpr const char* kNotHere = "-";

/// Queues that run out of order, or whose blocking reads do not wait.
std::string read_too_early(Subject& subject) {
  CountingProgram program(subject.device());
  for (int i = 1; i <= 50; ++i) {
    program.run();
    const int32_t count = program.count();
    if (count != i) return "a read does not wait for the run before it";
  }
  return {};
}

/// Queues that lose work, or take no more, when much of it waits.
std::string lost_runs(Subject& subject) {
  constexpr int kRuns = 2000;
  CountingProgram program(subject.device());
  for (int i = 0; i < kRuns; ++i) program.run();
  const int32_t count = program.count();
  if (count == kRuns) return {};
  return "of " + std::to_string(kRuns) + " runs in a row " + std::to_string(count) + " took place";
}

/// Work that only begins, or events that only change, when somebody waits.
std::string silent_events(Subject& subject) {
  CountingProgram program(subject.device());
  program.run();
  Event done = subject.device().mark();
  const Clock::time_point begun = Clock::now();
  while (!done.wait(0)) {
    if (Clock::now() - begun > std::chrono::seconds(10)) return "work does not end unless somebody waits for it";
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return {};
}

/// Memory that is not given back.
std::string kept_memory(Subject& subject) {
  const DeviceInfo& info = subject.device().info();
  const uint64_t bytes = std::min(info.max_allocation_bytes, info.memory_bytes / 4);
  for (int i = 0; i < 8; ++i) {
    try {
      Buffer buffer = subject.device().create_buffer(bytes);
      buffer.write("x", 1, bytes - 1);
    } catch (const Error& error) {
      if (i == 0 && error.code() == ErrorCode::kNoMemory) return kNotHere;  // others use the device
      throw;
    }
  }
  subject.device().finish();
  return {};
}

/// Times that the driver invents.
std::string invented_times(Subject& subject) {
  Device device = subject.open_another({"profile=1"});
  if (device.table().extension(SATEEN_PROFILE_1) == nullptr) return kNotHere;
  CountingProgram program(device);
  const Clock::time_point begun = Clock::now();
  for (int i = 0; i < 20; ++i) program.run();
  device.finish();
  const auto wall = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begun).count();
  const std::vector<OpProfile> profile = program.program().profile();
  uint64_t all = 0;
  for (const OpProfile& entry : profile) all += entry.nanoseconds;
  if (all == 0) return "the times of kernels are 0";
  // Clocks differ a little.
  if (static_cast<double>(all) > 1.2 * static_cast<double>(wall))
    return "kernels are said to take longer than the clock";
  return {};
}

struct Fault {
  const char* name;
  std::string (*find)(Subject& subject);  // what is wrong, "", or kNotHere
};

constexpr Fault kFaults[] = {
    {"reads too early", read_too_early}, {"lost runs", lost_runs},           {"silent events", silent_events},
    {"kept memory", kept_memory},        {"invented times", invented_times},
};

}  // namespace

Outcome check_driver_faults(Subject& subject) {
  std::string found;
  std::string looked_for;
  for (const Fault& fault : kFaults) {
    std::string wrong;
    try {
      wrong = fault.find(subject);
    } catch (const std::exception& error) {
      wrong = error.what();
      subject.leave();
    }
    if (wrong == kNotHere) continue;
    looked_for += (looked_for.empty() ? "" : ", ") + std::string(fault.name);
    if (!wrong.empty()) found += (found.empty() ? "" : "; ") + std::string(fault.name) + ": " + wrong;
  }
  return found.empty() ? passed("none of: " + looked_for) : failed(found);
}

}  // namespace sateen::app
