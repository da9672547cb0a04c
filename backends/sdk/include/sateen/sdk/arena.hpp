// Memory planning: where each intermediate value and each piece of scratch lies in one arena, so that things which
// never live at the same time share bytes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include "sateen/sdk/failure.hpp"
#include "sateen/sdk/graph_view.hpp"

namespace sateen::sdk {

/// Memory that is needed from operation `first` to operation `last`, both included.
struct ArenaRequest {
  uint64_t bytes = 0;  ///< 0: nothing is needed
  size_t first = 0;    ///< index into GraphView::ops
  size_t last = 0;     ///< likewise, not below first
};

/// Where each request lies.
struct ArenaPlan {
  std::vector<uint64_t> offset;  ///< bytes, per request
  uint64_t bytes = 0;            ///< of the whole arena
};

/// One request per storage, in storage order: INTERMEDIATE ones live from the first operation that touches them to the
/// last, views included; EXTERNAL and unused ones ask for 0 bytes.
inline std::vector<ArenaRequest> intermediate_requests(const GraphView& graph) {
  std::vector<ArenaRequest> r(graph.storages().size());
  for (size_t i = 0; i < graph.ops().size(); ++i) {
    for (const auto* places : {&graph.ops()[i].src, &graph.ops()[i].dst}) {
      for (const uint32_t t : *places) {
        if (t == SATEEN_NONE) continue;
        const uint32_t at = graph.tensors()[t].storage;
        const Storage& storage = graph.storages()[at];
        if (storage.external()) continue;
        if (r[at].bytes == 0) r[at] = {storage.bytes, i, i};
        r[at].last = i;
      }
    }
  }
  return r;
}

/// Places every request at a multiple of `alignment`: the largest first, each into the tightest gap that is free for
/// its whole life. Deterministic. Requests of 0 bytes get offset 0. Throws Failure(NO_MEMORY) for absurd sizes.
inline ArenaPlan plan_arena(const std::vector<ArenaRequest>& requests, uint64_t alignment) {
  ArenaPlan plan;
  plan.offset.resize(requests.size());
  std::vector<size_t> order(requests.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return requests[a].bytes > requests[b].bytes; });
  std::vector<size_t> placed;  // by offset
  for (const size_t i : order) {
    const ArenaRequest& request = requests[i];
    if (request.bytes == 0) continue;
    const uint64_t bytes = align_up(request.bytes, alignment);
    uint64_t best = 0;
    uint64_t best_gap = std::numeric_limits<uint64_t>::max();
    uint64_t end = 0;  // of what lives at the same time, so far
    for (const size_t other : placed) {
      if (requests[other].first > request.last || request.first > requests[other].last) continue;
      const uint64_t begin = plan.offset[other];
      if (begin > end && begin - end >= bytes && begin - end < best_gap) {
        best = end;
        best_gap = begin - end;
      }
      end = std::max(end, begin + align_up(requests[other].bytes, alignment));
    }
    plan.offset[i] = best_gap == std::numeric_limits<uint64_t>::max() ? end : best;
    plan.bytes = std::max(plan.bytes, checked_add(plan.offset[i], bytes));
    const auto at = std::upper_bound(placed.begin(), placed.end(), i,
                                     [&](size_t a, size_t b) { return plan.offset[a] < plan.offset[b]; });
    placed.insert(at, i);
  }
  return plan;
}

/// Where the memory of a compiled graph is: what its Program keeps.
struct MemoryPlan {
  /// A request that lies in the arena.
  struct Piece {
    size_t request = 0;   ///< a storage's index, or one of those that were added after them
    uint64_t offset = 0;  ///< bytes
  };
  std::vector<size_t> externals;  ///< storage index per EXTERNAL storage, in the order of a run's bindings
  std::vector<Piece> pieces;      ///< of the arena
  uint64_t arena_bytes = 0;       ///< of the whole arena
  size_t requests = 0;            ///< how many things have an address in a run: storages and what was added to them
};

/// The plan for a graph: requests begin with those of intermediate_requests.
inline MemoryPlan plan_memory(const GraphView& graph, const std::vector<ArenaRequest>& requests, uint64_t alignment) {
  const ArenaPlan arena = plan_arena(requests, alignment);
  MemoryPlan plan;
  plan.arena_bytes = arena.bytes;
  plan.requests = requests.size();
  for (size_t i = 0; i < requests.size(); ++i) {
    if (requests[i].bytes > 0) plan.pieces.push_back({i, arena.offset[i]});
    if (i < graph.storages().size() && graph.storages()[i].external()) plan.externals.push_back(i);
  }
  return plan;
}

/// For operations `first` to `last` that are run as one, each with the next one's only source as its first destination:
/// what lies between them is never made, and the results of the last are written from the first on.
inline void omit_between(const GraphView& graph, size_t first, size_t last, std::vector<ArenaRequest>& requests) {
  for (size_t i = first; i < last; ++i) requests[graph.dst(graph.ops()[i], 0)->storage] = {};
  for (const uint32_t t : graph.ops()[last].dst) {
    if (t == SATEEN_NONE) continue;
    ArenaRequest& result = requests[graph.tensors()[t].storage];
    result.first = std::min(result.first, first);
  }
}

}  // namespace sateen::sdk
