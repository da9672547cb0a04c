// Which rank the others wait for.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sateen/communicator.hpp"

namespace sateen {

class SlowRank {
 public:
  /// factor: ParallelOptions::slow_factor.
  SlowRank(int ranks, double factor)
      : factor_(factor), seconds_(static_cast<size_t>(ranks)), slow_steps_(static_cast<size_t>(ranks)) {}

  void begin_epoch();
  /// What a step took, by rank.
  void add(std::span<const double> seconds);
  /// Of the steps since: a rank that took much longer than the others in most of them, in words.
  std::optional<std::string> words(const Communicator& group) const;

 private:
  double factor_;
  std::vector<double> seconds_;
  std::vector<int64_t> slow_steps_;
  int64_t steps_ = 0;
};

}  // namespace sateen
