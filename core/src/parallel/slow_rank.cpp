// Which rank the others wait for.
#include "parallel/slow_rank.hpp"

#include <algorithm>
#include <cmath>

namespace sateen {

namespace {

/// The lower of the two in the middle of an even number.
double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

void SlowRank::begin_epoch() {
  std::fill(seconds_.begin(), seconds_.end(), 0.0);
  std::fill(slow_steps_.begin(), slow_steps_.end(), 0);
  steps_ = 0;
}

void SlowRank::add(std::span<const double> seconds) {
  const double slow = factor_ * median({seconds.begin(), seconds.end()});
  for (size_t rank = 0; rank < seconds.size(); ++rank) {
    seconds_[rank] += seconds[rank];
    if (seconds[rank] > slow) ++slow_steps_[rank];
  }
  ++steps_;
}

std::optional<std::string> SlowRank::words(const Communicator& group) const {
  constexpr double kWorthTelling = 1e-3;
  if (steps_ == 0) return std::nullopt;
  const auto slowest = std::max_element(seconds_.begin(), seconds_.end());
  const auto rank = slowest - seconds_.begin();
  const auto steps = static_cast<double>(steps_);
  const double usual = median(seconds_);
  // A machine's other work makes one rank slow in one step and another one in the next.
  if (2 * slow_steps_[static_cast<size_t>(rank)] <= steps_ || *slowest / steps < usual / steps + kWorthTelling) {
    return std::nullopt;
  }
  const auto milliseconds = [&](double all) { return std::to_string(std::lround(1000 * all / steps)) + " ms"; };
  return group.name(static_cast<int>(rank)) + " is slow: " + milliseconds(*slowest) + " a step, where the median is " +
         milliseconds(usual) + "; all others wait for it";
}

}  // namespace sateen
