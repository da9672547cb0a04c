// From arrays to the contract's view of them.
#pragma once

#include <vector>

#include "sateen/backend.h"

namespace sateen {

/// The pointers inside stay valid as long as the arrays are there and unchanged.
inline sateen_graph c_graph_of(const std::vector<sateen_storage>& storages, const std::vector<sateen_tensor>& tensors,
                               const std::vector<sateen_op>& ops) {
  sateen_graph g{};
  g.struct_size = sizeof g;
  g.math = SATEEN_MATH_F32;
  g.n_storages = static_cast<uint32_t>(storages.size());
  g.storage_stride = sizeof(sateen_storage);
  g.n_tensors = static_cast<uint32_t>(tensors.size());
  g.tensor_stride = sizeof(sateen_tensor);
  g.n_ops = static_cast<uint32_t>(ops.size());
  g.op_stride = sizeof(sateen_op);
  g.storage = storages.data();
  g.tensor = tensors.data();
  g.op = ops.data();
  return g;
}

}  // namespace sateen
