// Cutting a graph into parts for two devices.
#include "graph/split.hpp"

#include <map>
#include <optional>
#include <span>

#include "graph/c_graph.hpp"
#include "sateen/graph.hpp"

namespace sateen {

namespace {

constexpr uint32_t kUnused = SATEEN_NONE;

std::span<const uint32_t> sources(const sateen_op& op) {
  return {op.src, op.n_src};
}
std::span<const uint32_t> destinations(const sateen_op& op) {
  return {op.dst, op.n_dst};
}

/// Calls f with each tensor that an operation names, and whether it is a destination.
template <typename F>
void for_each_tensor(const sateen_op& op, F&& f) {
  for (const uint32_t t : sources(op)) {
    if (t != SATEEN_NONE) f(t, false);
  }
  for (const uint32_t t : destinations(op)) {
    if (t != SATEEN_NONE) f(t, true);
  }
}

ByteRange bytes_of(const sateen_tensor& tensor) {
  uint64_t bytes = size_of(static_cast<DType>(tensor.dtype));
  for (uint32_t d = 0; d < tensor.rank; ++d) bytes *= static_cast<uint64_t>(tensor.dim[d]);
  return {tensor.offset, tensor.offset + bytes};
}

void add_use(StorageUse& use, const sateen_tensor& tensor, bool written) {
  use.touched.add(bytes_of(tensor));
  if (written) use.written.add(bytes_of(tensor));
}

/// For each storage, the only part that uses it, or nothing where there are several or none. part_of: for each operation.
std::vector<std::optional<size_t>> only_users(const sateen_graph& graph, const std::vector<size_t>& part_of) {
  std::vector<std::optional<size_t>> user(graph.n_storages);
  std::vector<bool> several(graph.n_storages);
  for (size_t i = 0; i < graph.n_ops; ++i) {
    for_each_tensor(graph.op[i], [&](uint32_t t, bool /*written*/) {
      const uint32_t storage = graph.tensor[t].storage;
      if (user[storage] && *user[storage] != part_of[i]) several[storage] = true;
      user[storage] = part_of[i];
    });
  }
  for (size_t s = 0; s < several.size(); ++s) {
    if (several[s]) user[s].reset();
  }
  return user;
}

/// stays: for each storage, whether it may stay INTERMEDIATE in this part.
template <typename Stays>
GraphPart make_part(const sateen_graph& graph, size_t first, size_t last, Stays&& stays) {
  GraphPart part;
  part.first = first;
  part.last = last;
  std::vector<uint32_t> storage_at(graph.n_storages, kUnused), tensor_at(graph.n_tensors, kUnused);
  for (size_t i = first; i < last; ++i) {
    for_each_tensor(graph.op[i], [&](uint32_t t, bool /*written*/) {
      tensor_at[t] = 0;
      storage_at[graph.tensor[t].storage] = 0;
    });
  }
  std::map<uint32_t, size_t> use_of;  // by storage of the whole graph
  for (uint32_t s = 0; s < graph.n_storages; ++s) {
    if (storage_at[s] == kUnused) continue;
    storage_at[s] = static_cast<uint32_t>(part.storages.size());
    part.storages.push_back(graph.storage[s]);
    if (graph.storage[s].role == SATEEN_STORAGE_INTERMEDIATE && stays(s)) continue;
    part.storages.back().role = SATEEN_STORAGE_EXTERNAL;
    use_of.emplace(s, part.external.size());
    part.external.push_back({s, {}, {}});
  }
  for (uint32_t t = 0; t < graph.n_tensors; ++t) {
    if (tensor_at[t] == kUnused) continue;
    tensor_at[t] = static_cast<uint32_t>(part.tensors.size());
    part.tensors.push_back(graph.tensor[t]);
    part.tensors.back().storage = storage_at[graph.tensor[t].storage];
  }
  size_t n_places = 0;
  for (size_t i = first; i < last; ++i) n_places += graph.op[i].n_src + size_t{graph.op[i].n_dst};
  part.places.reserve(n_places);  // so that it stays where it is
  const auto renumbered = [&](std::span<const uint32_t> whole) {
    const size_t begin = part.places.size();
    for (const uint32_t t : whole) part.places.push_back(t == SATEEN_NONE ? SATEEN_NONE : tensor_at[t]);
    return part.places.data() + begin;
  };
  for (size_t i = first; i < last; ++i) {
    sateen_op op = graph.op[i];
    for_each_tensor(op, [&](uint32_t t, bool written) {
      const auto use = use_of.find(graph.tensor[t].storage);
      if (use != use_of.end()) add_use(part.external[use->second], graph.tensor[t], written);
    });
    op.src = renumbered(sources(op));
    op.dst = renumbered(destinations(op));
    part.ops.push_back(op);
  }
  return part;
}

}  // namespace

sateen_graph GraphPart::view() const {
  return c_graph_of(storages, tensors, ops);
}

std::vector<StorageUse> external_uses(const sateen_graph& graph) {
  std::vector<StorageUse> uses;
  std::vector<uint32_t> use_of(graph.n_storages, kUnused);
  for (uint32_t s = 0; s < graph.n_storages; ++s) {
    if (graph.storage[s].role != SATEEN_STORAGE_EXTERNAL) continue;
    use_of[s] = static_cast<uint32_t>(uses.size());
    uses.push_back({s, {}, {}});
  }
  for (size_t i = 0; i < graph.n_ops; ++i) {
    for_each_tensor(graph.op[i], [&](uint32_t t, bool written) {
      const uint32_t use = use_of[graph.tensor[t].storage];
      if (use != kUnused) add_use(uses[use], graph.tensor[t], written);
    });
  }
  return uses;
}

std::vector<GraphPart> split_graph(const sateen_graph& graph, const std::vector<bool>& supported) {
  std::vector<size_t> begins, part_of(graph.n_ops);
  for (size_t i = 0; i < graph.n_ops; ++i) {
    if (i == 0 || supported[i] != supported[i - 1]) begins.push_back(i);
    part_of[i] = begins.size() - 1;
  }
  const std::vector<std::optional<size_t>> user = only_users(graph, part_of);
  std::vector<GraphPart> parts;
  for (size_t p = 0; p < begins.size(); ++p) {
    const size_t last = p + 1 < begins.size() ? begins[p + 1] : graph.n_ops;
    parts.push_back(make_part(graph, begins[p], last, [&](uint32_t storage) { return user[storage] == p; }));
    parts.back().supported = supported[begins[p]];
  }
  return parts;
}

GraphPart only_operation(const sateen_graph& graph, size_t op) {
  return make_part(graph, op, op + 1, [](uint32_t /*storage*/) { return false; });
}

}  // namespace sateen
