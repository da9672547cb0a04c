// Which operations may be run as one.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sateen/backend.h"
#include "sateen/sdk/graph_view.hpp"

namespace sateen::sdk {

/// Whether an operation has a source or a destination in this storage.
inline bool touches(const Op& op, uint32_t storage, const GraphView& graph) {
  for (const auto* places : {&op.src, &op.dst}) {
    for (const uint32_t t : *places) {
      if (t != SATEEN_NONE && graph.tensors()[t].storage == storage) return true;
    }
  }
  return false;
}

/// The LeakyReLU right after operation i, a convolution or a dense layer, where it alone sees i's result: then i can
/// apply it as it stores. Null where there is none.
inline const Op* find_fusable_leaky_relu(const GraphView& graph, size_t i) {
  const Op& op = graph.ops()[i];
  if (op.kind != SATEEN_OP_CONV2D_FORWARD && op.kind != SATEEN_OP_DENSE_FORWARD) return nullptr;
  if (i + 1 == graph.ops().size()) return nullptr;
  const Op& next = graph.ops()[i + 1];
  const Tensor& value = *graph.dst(op, 0);
  if (next.kind != SATEEN_OP_LEAKY_RELU_FORWARD || graph.storages()[value.storage].external()) return nullptr;
  if (graph.dst(next, 0)->storage == value.storage) return nullptr;  // that storage is still needed
  // The same elements and nothing beside them; its shape may differ, dense rows do not mind.
  if (graph.src(next, 0)->offset != value.offset || graph.src(next, 0)->storage != value.storage) return nullptr;
  if (graph.src(next, 0)->elements != value.elements) return nullptr;
  // The activation's destination must not be what the operation reads.
  for (const uint32_t t : op.src) {
    if (t != SATEEN_NONE && graph.tensors()[t].overlaps(*graph.dst(next, 0))) return nullptr;
  }
  for (size_t j = 0; j < graph.ops().size(); ++j) {
    if (j != i && j != i + 1 && touches(graph.ops()[j], value.storage, graph)) return nullptr;
  }
  return &next;
}

}  // namespace sateen::sdk
