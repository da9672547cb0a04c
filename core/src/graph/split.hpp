// Cutting a graph into parts for two devices: runs of operations that a device can do, and runs of those that it can't.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/byte_ranges.hpp"
#include "sateen/backend.h"

namespace sateen {

/// What operations do with the bytes of a storage.
struct StorageUse {
  uint32_t storage = 0;  ///< of the whole graph
  ByteRanges touched,
      written;  ///< an operation may leave parts of its destination as they were, so these count as read
};

/// Operations `first` to before `last` of a graph, as a graph of their own. Values that other parts need too are
/// EXTERNAL here. Its storages and tensors are those that its operations use, in the order of the whole; names and
/// attributes are still the whole graph's, which must outlive it.
struct GraphPart {
  GraphPart() = default;
  GraphPart(GraphPart&&) noexcept = default;
  GraphPart& operator=(GraphPart&&) noexcept = default;
  GraphPart(const GraphPart&) = delete;  // the pointers would be the original's
  GraphPart& operator=(const GraphPart&) = delete;
  ~GraphPart() = default;

  bool supported = true;  ///< whether these are operations that the device can do
  size_t first = 0, last = 0;
  std::vector<StorageUse> external;  ///< of its EXTERNAL storages, in order

  std::vector<sateen_storage> storages;
  std::vector<sateen_tensor> tensors;
  std::vector<sateen_op> ops;
  std::vector<uint32_t> places;  ///< the operations point into it

  /// As the contract has it; valid while the part is.
  sateen_graph view() const;
};

/// What a graph's operations do with each of its EXTERNAL storages, in order, unused ones among them.
std::vector<StorageUse> external_uses(const sateen_graph& graph);

/// The graph in parts, in list order, as few as can be without changing the order. supported: whether the device can do
/// it, for each operation. The graph's arrays have no gaps between their elements, as Graph::c_graph makes them.
std::vector<GraphPart> split_graph(const sateen_graph& graph, const std::vector<bool>& supported);

/// One operation alone, with nothing but EXTERNAL storages.
GraphPart only_operation(const sateen_graph& graph, size_t op);

}  // namespace sateen
