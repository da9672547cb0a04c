// A checked copy of a sateen_graph: whoever holds one may follow every index in it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "sateen/backend.h"
#include "sateen/sdk/failure.hpp"
#include "sateen/sdk/graph_parts.hpp"
#include "sateen/sdk/op_info.hpp"

namespace sateen::sdk {

/// Construction checks everything about a graph that needs no operation's page but its arity and its places in place:
/// counts, strides, indices, shapes, sizes, alignment, roles, aliasing, FROZEN, written before read. It throws
/// Failure(INVALID) with a sentence that names the operation or tensor. What it does not know (kinds, dtypes, flags, a
/// math mode) passes, for check_op to refuse; only a graph of absurd length is Failure(UNSUPPORTED) at once.
/// Any numbers are safe; pointers must be good for the counts beside them.
class GraphView {
 public:
  /// alignment: the device's.
  GraphView(const sateen_graph& graph, uint32_t alignment);

  /// In the graph's order, as tensors() and ops(). References are valid as long as the view.
  const std::vector<Storage>& storages() const { return storages_; }
  /// What Op::src and Op::dst count.
  const std::vector<Tensor>& tensors() const { return tensors_; }
  /// As if run one after the other.
  const std::vector<Op>& ops() const { return ops_; }
  /// Why nobody built against this header can run any of it, or "".
  const std::string& unsupported() const { return unsupported_; }

  /// The source at a place of an operation of this graph, or null where it is SATEEN_NONE.
  const Tensor* src(const Op& op, size_t i) const { return at(op.src[i]); }
  /// The destination, likewise.
  const Tensor* dst(const Op& op, size_t i) const { return at(op.dst[i]); }

 private:
  static constexpr uint32_t kMaxCount = 1U << 20;  // of storages, tensors or operations
  static constexpr uint32_t kMaxArity = 256;

  /// Bytes of a storage that operations have written so far: disjoint pieces in order.
  class Written {
   public:
    void add(uint64_t begin, uint64_t end);
    bool covers(uint64_t begin, uint64_t end) const;

   private:
    std::vector<std::pair<uint64_t, uint64_t>> pieces_;
  };

  const Tensor* at(uint32_t tensor) const { return tensor == SATEEN_NONE ? nullptr : &tensors_[tensor]; }

  template <typename T>
  static T element(const T* first, uint32_t i, uint32_t stride) {
    T r;
    std::memcpy(&r, reinterpret_cast<const unsigned char*>(first) + size_t{i} * stride, sizeof(T));
    return r;
  }

  static void require(bool ok, const std::string& message) {
    if (!ok) throw Failure(SATEEN_INVALID, message);
  }
  static void check_array(const char* what, uint32_t count, uint32_t stride, size_t least, const void* first);
  void read_storages(const sateen_graph& graph);
  void read_ops(const sateen_graph& graph);
  void read_tensors(const sateen_graph& graph, uint32_t alignment);
  std::vector<uint32_t> read_places(const sateen_op& op, bool dst, uint32_t n_tensors) const;
  std::string user_of(uint32_t tensor) const;
  void check_aliasing(const Op& op) const;
  void check_values() const;

  std::vector<Storage> storages_;
  std::vector<Tensor> tensors_;
  std::vector<Op> ops_;
  std::string unsupported_;
};

inline GraphView::GraphView(const sateen_graph& graph, uint32_t alignment) {
  require(graph.struct_size >= sizeof(sateen_graph), "the graph's struct_size is too small");
  if (graph.flags != 0) unsupported_ = text("the graph has unknown flags: ", graph.flags);
  if (graph.math != SATEEN_MATH_F32) unsupported_ = text("math mode ", graph.math, " is unknown");
  require(graph.reserved == 0, "the graph's reserved field is not 0");
  check_array("storages", graph.n_storages, graph.storage_stride, sizeof(sateen_storage), graph.storage);
  check_array("tensors", graph.n_tensors, graph.tensor_stride, sizeof(sateen_tensor), graph.tensor);
  check_array("operations", graph.n_ops, graph.op_stride, sizeof(sateen_op), graph.op);
  read_storages(graph);
  read_ops(graph);
  read_tensors(graph, alignment);
  for (const Op& op : ops_) {
    if (find_op_info(op.kind) != nullptr) check_aliasing(op);
  }
  check_values();
}

inline void GraphView::check_array(const char* what, uint32_t count, uint32_t stride, size_t least, const void* first) {
  if (count == 0) return;
  if (count > kMaxCount) {
    throw Failure(SATEEN_UNSUPPORTED, text("the graph has ", count, " ", what, "; ", kMaxCount, " is the limit"));
  }
  require(first != nullptr, text("the graph's array of ", what, " is NULL"));
  require(stride >= least, text("the graph's ", what, " are ", stride, " bytes apart, less than their size"));
}

inline void GraphView::read_storages(const sateen_graph& graph) {
  storages_.reserve(graph.n_storages);
  for (uint32_t i = 0; i < graph.n_storages; ++i) {
    const sateen_storage s = element(graph.storage, i, graph.storage_stride);
    require(s.role == SATEEN_STORAGE_EXTERNAL || s.role == SATEEN_STORAGE_INTERMEDIATE,
            text("storage ", i, " has the unknown role ", s.role));
    if ((s.flags & ~SATEEN_STORAGE_FROZEN) != 0) {
      unsupported_ = text("storage ", i, " has unknown flags: ", s.flags);
    }
    require((s.flags & SATEEN_STORAGE_FROZEN) == 0 || s.role == SATEEN_STORAGE_EXTERNAL,
            text("storage ", i, " is FROZEN but not EXTERNAL"));
    require(s.bytes > 0, text("storage ", i, " has no bytes"));
    storages_.push_back({s.role, s.flags, s.bytes});
  }
}

inline std::vector<uint32_t> GraphView::read_places(const sateen_op& op, bool dst, uint32_t n_tensors) const {
  const char* what = dst ? "destination" : "source";
  const uint32_t n = dst ? op.n_dst : op.n_src;
  const uint32_t* places = dst ? op.dst : op.src;
  const OpInfo* info = find_op_info(op.kind);
  if (info != nullptr) {
    const uint32_t expected = dst ? info->n_dst : info->n_src;
    require(n == expected, text(op.name, ": ", info->name, " takes ", expected, " ", what, "s, not ", n));
  } else if (n > kMaxArity) {
    return {};  // nobody will look at the places of an operation that nobody knows
  }
  require(n == 0 || places != nullptr, text(op.name, ": the array of ", what, "s is NULL"));
  std::vector<uint32_t> r(places, places + n);
  for (uint32_t i = 0; i < n; ++i) {
    if (r[i] == SATEEN_NONE) {
      const bool optional = info == nullptr || ((dst ? info->optional_dst : info->optional_src) >> i & 1U) != 0;
      require(optional, text(op.name, ": ", what, " ", i, " is missing"));
    } else {
      require(r[i] < n_tensors, text(op.name, ": ", what, " ", i, " is tensor ", r[i], ", which the graph lacks"));
    }
  }
  return r;
}

inline void GraphView::read_ops(const sateen_graph& graph) {
  ops_.reserve(graph.n_ops);
  for (uint32_t i = 0; i < graph.n_ops; ++i) {
    const sateen_op o = element(graph.op, i, graph.op_stride);
    require(o.name != nullptr, text("operation ", i, " has no name"));
    Op op;
    op.kind = o.kind;
    op.name = o.name;
    op.src = read_places(o, false, graph.n_tensors);
    op.dst = read_places(o, true, graph.n_tensors);
    if (const OpInfo* info = find_op_info(o.kind)) {
      require(o.attrs_size == info->attrs_size,
              text(op.name, ": the attributes have ", o.attrs_size, " bytes, not ", info->attrs_size));
      require((o.attrs != nullptr) == (o.attrs_size > 0), text(op.name, ": attributes and their size disagree"));
      const auto* bytes = static_cast<const unsigned char*>(o.attrs);
      op.attrs.assign(bytes, bytes + o.attrs_size);
    }
    ops_.push_back(std::move(op));
  }
}

inline std::string GraphView::user_of(uint32_t tensor) const {
  for (const Op& op : ops_) {
    for (const auto* places : {&op.src, &op.dst}) {
      for (const uint32_t t : *places) {
        if (t == tensor) return text(op.name, ": tensor ", tensor);
      }
    }
  }
  return text("tensor ", tensor);
}

inline void GraphView::read_tensors(const sateen_graph& graph, uint32_t alignment) {
  tensors_.reserve(graph.n_tensors);
  for (uint32_t i = 0; i < graph.n_tensors; ++i) {
    const sateen_tensor t = element(graph.tensor, i, graph.tensor_stride);
    const auto check = [&](bool ok, const char* message) {
      if (!ok) throw Failure(SATEEN_INVALID, text(user_of(i), " ", message));
    };
    check(t.storage < graph.n_storages, "lies in a storage that the graph lacks");
    check(t.rank >= 1 && t.rank <= SATEEN_MAX_RANK, "has a rank outside 1 to 6");
    check(t.reserved == 0, "has a reserved field that is not 0");
    check(t.offset % alignment == 0, "has an offset off the device's alignment");
    Tensor r;
    r.dtype = t.dtype;
    r.storage = t.storage;
    r.rank = t.rank;
    r.offset = t.offset;
    r.elements = 1;
    for (uint32_t d = 0; d < SATEEN_MAX_RANK; ++d) {
      r.dim[d] = t.dim[d];
      if (d >= t.rank) {
        check(t.dim[d] == 0, "has a dim past its rank that is not 0");
        continue;
      }
      check(t.dim[d] >= 1, "has a dim below 1");
      check(!__builtin_mul_overflow(r.elements, static_cast<uint64_t>(t.dim[d]), &r.elements), "is too large");
    }
    check(!__builtin_mul_overflow(r.elements, size_of(t.dtype), &r.bytes), "is too large");
    const uint64_t space = storages_[t.storage].bytes;
    check(t.offset <= space && r.bytes <= space - t.offset, "does not lie inside its storage");
    tensors_.push_back(r);
  }
}

inline void GraphView::check_aliasing(const Op& op) const {
  for (uint32_t d = 0; d < op.dst.size(); ++d) {
    const Tensor* to = dst(op, d);
    if (to == nullptr) continue;
    for (uint32_t e = 0; e < d; ++e) {
      const Tensor* other = dst(op, e);
      require(other == nullptr || !to->overlaps(*other), text(op.name, ": destinations ", e, " and ", d, " overlap"));
    }
    const uint32_t in_place = find_op_info(op.kind)->in_place(d);
    for (uint32_t s = 0; s < op.src.size(); ++s) {
      const Tensor* from = src(op, s);
      if (s == in_place) {
        require(from->same_place(*to), text(op.name, ": destination ", d, " must be source ", s, " itself"));
      } else {
        require(from == nullptr || !to->overlaps(*from), text(op.name, ": destination ", d, " overlaps source ", s));
      }
    }
  }
}

inline void GraphView::Written::add(uint64_t begin, uint64_t end) {
  size_t first = 0;
  while (first < pieces_.size() && pieces_[first].second < begin) ++first;
  size_t last = first;
  for (; last < pieces_.size() && pieces_[last].first <= end; ++last) {
    begin = std::min(begin, pieces_[last].first);
    end = std::max(end, pieces_[last].second);
  }
  const auto at =
      pieces_.erase(pieces_.begin() + static_cast<ptrdiff_t>(first), pieces_.begin() + static_cast<ptrdiff_t>(last));
  pieces_.insert(at, {begin, end});
}

inline bool GraphView::Written::covers(uint64_t begin, uint64_t end) const {
  for (const auto& piece : pieces_) {
    if (piece.first <= begin && end <= piece.second) return true;
  }
  return false;
}

inline void GraphView::check_values() const {
  std::vector<Written> written(storages_.size());
  for (const Op& op : ops_) {
    for (size_t s = 0; s < op.src.size(); ++s) {
      const Tensor* t = src(op, s);
      if (t == nullptr || storages_[t->storage].external()) continue;
      require(t->bytes == 0 || written[t->storage].covers(t->offset, t->offset + t->bytes),
              text(op.name, ": source ", s, " is read before it is written in full"));
    }
    for (size_t d = 0; d < op.dst.size(); ++d) {
      const Tensor* t = dst(op, d);
      if (t == nullptr) continue;
      const Storage& storage = storages_[t->storage];
      require(!storage.frozen(), text(op.name, ": destination ", d, " lies in a FROZEN storage"));
      // Of a tensor of unknown dtype nobody knows how far it goes.
      const uint64_t end = t->bytes == 0 ? storage.bytes : t->offset + t->bytes;
      if (!storage.external()) written[t->storage].add(t->offset, end);
    }
  }
}

/// Holds an operation against its page. Throws Failure(INVALID) naming the operation and the rule that it breaks. What
/// this header does not know (a kind, a dtype, something of the whole graph) is no broken rule: then it returns why
/// nobody built against this header can do it, and otherwise "".
inline std::string check_op(const GraphView& graph, const Op& op) {
  const OpInfo* info = find_op_info(op.kind);
  if (info == nullptr) return text("operation kind ", op.kind, " is unknown");
  for (const auto* places : {&op.src, &op.dst}) {
    for (const uint32_t t : *places) {
      if (t != SATEEN_NONE && size_of(graph.tensors()[t].dtype) == 0) {
        return text("dtype ", graph.tensors()[t].dtype, " is unknown");
      }
    }
  }
  info->check(detail::OpCheck(op, graph.tensors()));
  return graph.unsupported();
}

}  // namespace sateen::sdk
