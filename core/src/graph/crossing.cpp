// Which values that cross share memory: the one that fits best among what is free, in the order in which they begin.
#include "graph/crossing.hpp"

#include <algorithm>
#include <utility>

namespace sateen {

namespace {

struct Slot {
  uint64_t bytes = 0;
  size_t last = 0;  // the part after which it is free
};

/// The smallest free slot that is large enough, else the largest free one, which then grows, else a new one.
size_t slot_for(std::vector<Slot>& slots, const CrossingValue& value, uint64_t bytes) {
  size_t best = slots.size();
  for (size_t s = 0; s < slots.size(); ++s) {
    if (slots[s].last >= value.first) continue;
    const auto fits_worse = [&](uint64_t a, uint64_t b) { return b >= bytes ? a < bytes || a > b : a < b; };
    if (best == slots.size() || fits_worse(slots[best].bytes, slots[s].bytes)) best = s;
  }
  if (best == slots.size()) slots.emplace_back();
  slots[best] = {std::max(slots[best].bytes, bytes), value.last};
  return best;
}

}  // namespace

CrossingPlan plan_crossing(const sateen_graph& graph, const std::vector<GraphPart>& parts) {
  CrossingPlan plan;
  for (size_t p = 0; p < parts.size(); ++p) {
    for (const StorageUse& use : parts[p].external) {
      if (graph.storage[use.storage].role != SATEEN_STORAGE_INTERMEDIATE) continue;
      plan.values.emplace(use.storage, CrossingValue{0, p, p}).first->second.last = p;
    }
  }
  std::vector<std::pair<const uint32_t, CrossingValue>*> order;
  for (auto& value : plan.values) order.push_back(&value);
  std::stable_sort(order.begin(), order.end(), [](auto* a, auto* b) { return a->second.first < b->second.first; });
  std::vector<Slot> slots;
  for (auto* value : order) value->second.slot = slot_for(slots, value->second, graph.storage[value->first].bytes);
  for (const Slot& slot : slots) plan.slot_bytes.push_back(slot.bytes);
  return plan;
}

}  // namespace sateen
