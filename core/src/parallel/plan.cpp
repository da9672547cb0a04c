// Which gradients travel together, and when they are there.
#include "parallel/plan.hpp"

#include <utility>

namespace sateen {

size_t BucketPlan::values() const {
  uint64_t bytes = 0;
  for (const BucketRange& range : ranges) bytes += range.bytes;
  return bytes / sizeof(float);
}

std::vector<BucketPlan> plan_buckets(const Sequential& model, const ParameterLayout& layout, const GradientStep& step,
                                     uint64_t least) {
  const auto parameters = model.parameters();
  std::vector<BucketPlan> buckets;
  uint64_t end = layout.bytes;
  for (size_t i = parameters.size(); i-- > 0;) {
    const bool begins_layer = i == 0 || parameters[i - 1].layer != parameters[i].layer;
    if (!begins_layer) continue;
    if (end - layout.offset[i] < least && i != 0) continue;
    buckets.push_back({{{false, layout.offset[i], end - layout.offset[i]}}, step.ops[parameters[i].layer]});
    end = layout.offset[i];
  }
  BucketPlan statistics{{}, buckets.front().ops, true};
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (parameters[i].spec.trainable) continue;
    statistics.ranges.push_back({true, layout.offset[i], parameters[i].spec.shape.elements() * sizeof(float)});
  }
  if (!statistics.ranges.empty()) buckets.insert(buckets.begin(), std::move(statistics));
  buckets.back().ops = step.graph.op_count();
  return buckets;
}

}  // namespace sateen
