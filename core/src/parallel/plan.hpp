// Which gradients travel together, and when they are there.
#pragma once

#include <cstdint>
#include <vector>

#include "graph/steps.hpp"
#include "sateen/model.hpp"

namespace sateen {

/// A piece of one of the two storages of a step.
struct BucketRange {
  bool of_parameters = false;  ///< of the parameters' storage; else of the gradients'
  uint64_t offset = 0, bytes = 0;
};

struct BucketPlan {
  std::vector<BucketRange> ranges;
  size_t ops = 0;      ///< of the graph, after which all of it is there
  bool exact = false;  ///< its values travel as they are, whatever gradients do

  size_t values() const;
};

/// In the order in which they are ready: the last layers first. Each has at least `least` bytes, but for the last one.
/// What layers write into the parameters themselves, running statistics, is one more before them.
std::vector<BucketPlan> plan_buckets(const Sequential& model, const ParameterLayout& layout, const GradientStep& step,
                                     uint64_t least);

}  // namespace sateen
