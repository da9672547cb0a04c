// Memory for the values that cross between the parts of a graph: those that never live together share it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "graph/split.hpp"

namespace sateen {

/// A storage that is INTERMEDIATE in the graph and EXTERNAL in its parts.
struct CrossingValue {
  size_t slot = 0;             ///< which memory it gets
  size_t first = 0, last = 0;  ///< the first and the last of the parts that use it
};

struct CrossingPlan {
  std::map<uint32_t, CrossingValue> values;  ///< by storage
  std::vector<uint64_t> slot_bytes;          ///< as much as the largest of a slot's values has
};

/// parts: of split_graph, in order. No part uses two values of one slot.
CrossingPlan plan_crossing(const sateen_graph& graph, const std::vector<GraphPart>& parts);

}  // namespace sateen
