// The table of --profile: where the time of a training step goes.
#include "train/profile.hpp"

#include <algorithm>
#include <string>

#include "common/numbers.hpp"
#include "common/program.hpp"
#include "common/text.hpp"

namespace sateen::app {
namespace {

std::string right(const std::string& text, size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

void row(const std::string& time, const std::string& share, const std::string& what) {
  constexpr size_t kTime = 12, kShare = 8;
  std::string line = right(time, kTime) + right(share, kShare);
  if (!what.empty()) line += "  " + one_line(what);
  Program::note(line);
}

/// Of a step, in milliseconds: down to a microsecond, or to a nanosecond where the whole step is short.
class Milliseconds {
 public:
  Milliseconds(uint64_t steps, double longest) : steps_(static_cast<double>(steps)) {
    constexpr double kShort = 1e6;  // nanoseconds
    digits_ = longest / steps_ < kShort ? 6 : 3;
  }
  std::string operator()(double nanoseconds) const { return fixed(nanoseconds / steps_ / 1e6, digits_); }

 private:
  double steps_;
  int digits_;
};

std::string percent(double part, double whole) {
  return fixed(whole > 0 ? 100 * part / whole : 0, 1) + " %";
}

}  // namespace

void report_profile(TrainProfile profile) {
  if (profile.steps == 0) {
    Program::note("profile   no training step was run, so there are no times");
    return;
  }
  auto& operations = profile.operations;
  std::stable_sort(operations.begin(), operations.end(),
                   [](const OpProfile& a, const OpProfile& b) { return a.nanoseconds > b.nanoseconds; });
  double device = 0;
  for (const OpProfile& operation : operations) device += static_cast<double>(operation.nanoseconds);
  const double wall = profile.seconds * 1e9;
  const Milliseconds milliseconds(profile.steps, std::max(device, wall));

  Program::note("profile   mean of " + grouped(profile.steps) +
                (profile.steps == 1 ? " training step" : " training steps") + ", slowest operation first");
  row("ms a step", "share", "operation");
  for (const OpProfile& operation : operations) {
    const auto time = static_cast<double>(operation.nanoseconds);
    row(milliseconds(time), percent(time, device), operation.name);
  }
  row("---------", "-------", {});
  row(milliseconds(device), percent(device, device), "device time");
  // A device's clock is not the host's: the sum may be a little more than the wall's time.
  const double host = std::max(wall - device, 0.0);
  row(milliseconds(wall), {},
      "wall time; " + milliseconds(host) + " ms (" + percent(host, wall) + ") of it is host overhead");
}

}  // namespace sateen::app
