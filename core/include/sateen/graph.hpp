// Graphs: what layers emit and backends compile. A graph is data; building one runs nothing.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sateen/backend.h"
#include "sateen/export.hpp"
#include "sateen/shape.hpp"

namespace SATEEN_PUBLIC sateen {

/// What a tensor's elements are; the contract's numbers.
enum class DType : uint32_t {
  kF32 = SATEEN_F32,  ///< IEEE binary32
  kI32 = SATEEN_I32,  ///< two's complement: labels, indices, the cursor
  kU8 = SATEEN_U8,    ///< pixels
};

/// Bytes of one element.
uint64_t size_of(DType dtype);

/// A tensor of one Graph. The default value is "no tensor" (SATEEN_NONE).
struct TensorId {
  uint32_t index = SATEEN_NONE;  ///< into sateen_graph::tensor
  /// False for "no tensor".
  explicit operator bool() const { return index != SATEEN_NONE; }
  /// The same tensor; both are of one graph.
  friend bool operator==(TensorId a, TensorId b) { return a.index == b.index; }
};

/// A storage of one Graph.
struct StorageId {
  uint32_t index = 0;  ///< into sateen_graph::storage
};

/// Owns storages, tensors and operations, and shows them as the C contract's sateen_graph.
/// Ids belong to the graph that made them. One thread at a time. Wrong use (a view of another size, an offset off the
/// alignment) throws Error(kUsage).
class Graph {
 public:
  /// alignment: the device's, in bytes; every tensor offset is a multiple of it.
  explicit Graph(uint32_t alignment);

  /// Memory that is bound at run, in the order of these calls. flags: 0 or SATEEN_STORAGE_FROZEN.
  StorageId external(uint64_t bytes, uint32_t flags = 0);
  /// Memory of the backend's own, for values that live within a run. value() is the usual way to it.
  StorageId intermediate(uint64_t bytes);
  /// A dense view into a storage at a byte offset.
  TensorId tensor(DType dtype, const Shape& shape, StorageId storage, uint64_t offset = 0);
  /// A new intermediate value with a storage of its own.
  TensorId value(DType dtype, const Shape& shape);
  /// The same bytes under another shape of as many elements (Flatten is no more than this).
  TensorId reshape(TensorId tensor, const Shape& shape);

  /// Appends an operation; its page is in backend.h. Attrs is the page's structure.
  template <typename Attrs>
  void op(uint32_t kind, std::string name, const std::vector<TensorId>& src, const std::vector<TensorId>& dst,
          const Attrs& attrs) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(&attrs);
    add_op(kind, std::move(name), src, dst, {bytes, bytes + sizeof(Attrs)});
  }
  /// The same for an operation without attributes.
  void op(uint32_t kind, std::string name, const std::vector<TensorId>& src, const std::vector<TensorId>& dst) {
    add_op(kind, std::move(name), src, dst, {});
  }

  /// The same with attributes as bytes: the page's structure, or none.
  void add_op(uint32_t kind, std::string name, const std::vector<TensorId>& src, const std::vector<TensorId>& dst,
              std::vector<unsigned char> attrs);

  /// With the batch dim where it has one. Valid until the graph is changed.
  const Shape& shape(TensorId tensor) const;
  /// What its elements are.
  DType dtype(TensorId tensor) const;
  /// How many operations were appended.
  size_t op_count() const { return ops_.size(); }

  /// The graph as the contract has it. The pointers inside stay valid until the graph is changed or destroyed.
  sateen_graph c_graph();

 private:
  struct Op {
    uint32_t kind;
    std::string name;
    std::vector<uint32_t> src, dst;
    std::vector<unsigned char> attrs;
  };
  uint32_t add_tensor(DType dtype, const Shape& shape, uint32_t storage, uint64_t offset);
  void check(TensorId tensor) const;

  uint32_t alignment_;
  std::vector<sateen_storage> storages_;
  std::vector<sateen_tensor> tensors_;
  std::vector<Shape> shapes_;
  std::vector<Op> ops_;
  std::vector<sateen_op> c_ops_;  // what c_graph() last showed
};

}  // namespace sateen
