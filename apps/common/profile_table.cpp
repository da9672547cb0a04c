// The table of where the time of a step goes.
#include "common/profile_table.hpp"

#include <algorithm>

#include "common/numbers.hpp"
#include "common/text.hpp"

namespace sateen::app {
namespace {

constexpr std::string_view kJoin = " + ";
constexpr size_t kMostColumns = 80;

std::string right(const std::string& text, size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

/// Lines whose columns stand under each other; the last column is words.
class Rows {
 public:
  explicit Rows(bool with_rates) : with_rates_(with_rates) {}

  void add(const std::string& time, const std::string& share, const std::string& rate, const std::string& what) {
    constexpr size_t kTime = 12, kShare = 8, kRate = 9;
    std::string line = right(time, kTime) + right(share, kShare);
    if (with_rates_) line += right(rate, kRate);
    const std::string indent(line.size() + 2, ' ');
    if (!what.empty()) line += "  ";
    // Operations that were made one have all their names, on several lines where there is no room on one.
    const std::string words = one_line(what);
    for (size_t begin = 0; begin < words.size();) {
      const size_t end = std::min(words.find(kJoin, begin + 1), words.size());
      if (begin > 0 && line.size() + end - begin > kMostColumns) {
        lines.push_back(std::move(line));
        line = indent;
        ++begin;  // the blank before +
      }
      line += words.substr(begin, end - begin);
      begin = end;
    }
    lines.push_back(std::move(line));
  }
  std::vector<std::string> lines;

 private:
  bool with_rates_;
};

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

/// In GFLOP/s; "" where nothing is counted.
std::string rate(uint64_t flops, double nanoseconds) {
  return flops == 0 || nanoseconds <= 0 ? std::string() : fixed(static_cast<double>(flops) / nanoseconds, 1);
}

}  // namespace

uint64_t flops_of(const std::string& name, const std::vector<OperationFlops>& operations) {
  uint64_t sum = 0;
  for (size_t begin = 0; begin <= name.size();) {
    const size_t end = std::min(name.find(kJoin, begin), name.size());
    const std::string_view part = std::string_view(name).substr(begin, end - begin);
    for (const OperationFlops& operation : operations) sum += operation.operation == part ? operation.flops : 0;
    begin = end + kJoin.size();
  }
  return sum;
}

std::vector<std::string> profile_table(TrainProfile profile, std::string_view step,
                                       const std::vector<OperationFlops>& flops) {
  const std::string plural = !step.empty() && step.back() == 'h' ? "es" : "s";
  const std::string steps = std::string(step) + (profile.steps == 1 ? "" : plural);
  if (profile.steps == 0) return {"profile   no " + std::string(step) + " was run, so there are no times"};
  auto& operations = profile.operations;
  std::stable_sort(operations.begin(), operations.end(),
                   [](const OpProfile& a, const OpProfile& b) { return a.nanoseconds > b.nanoseconds; });
  double device = 0;
  for (const OpProfile& operation : operations) device += static_cast<double>(operation.nanoseconds);
  const double wall = profile.seconds * 1e9;
  const Milliseconds milliseconds(profile.steps, std::max(device, wall));
  const auto rate_of = [&](uint64_t of_step, double nanoseconds) { return rate(of_step * profile.steps, nanoseconds); };

  Rows rows(!flops.empty());
  rows.lines.push_back("profile   mean of " + grouped(profile.steps) + " " + steps + ", slowest operation first");
  rows.add("ms a step", "share", "GFLOP/s", "operation");
  for (const OpProfile& operation : operations) {
    const auto time = static_cast<double>(operation.nanoseconds);
    rows.add(milliseconds(time), percent(time, device), rate_of(flops_of(operation.name, flops), time), operation.name);
  }
  rows.add("---------", "-------", flops.empty() ? "" : "-------", {});
  rows.add(milliseconds(device), percent(device, device), rate_of(total_flops(flops), device), "device time");
  // A device's clock is not the host's: the sum may be a little more than the wall's time.
  const double host = std::max(wall - device, 0.0);
  rows.add(milliseconds(wall), {}, {},
           "wall time; host overhead is " + milliseconds(host) + " ms (" + percent(host, wall) + ")");
  return rows.lines;
}

}  // namespace sateen::app
