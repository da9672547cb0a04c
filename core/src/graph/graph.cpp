// Graph: owns storages, tensors and operations, and shows them as a sateen_graph.
#include "sateen/graph.hpp"

#include <algorithm>
#include <utility>

#include "graph/c_graph.hpp"
#include "sateen/checked.hpp"

namespace sateen {

uint64_t size_of(DType dtype) {
  return dtype == DType::kU8 ? 1 : 4;
}

namespace {

/// Appends to a vector whose indices are 32-bit and whose last one means "none".
template <typename T>
uint32_t append(std::vector<T>& items, T item) {
  if (items.size() >= SATEEN_NONE) throw Error(ErrorCode::kUsage, "the graph is too large");
  items.push_back(std::move(item));
  return static_cast<uint32_t>(items.size() - 1);
}

uint64_t bytes_of(DType dtype, const Shape& shape) {
  return checked_mul(shape.elements(), size_of(dtype), "a tensor's size");
}

std::vector<uint32_t> indices(const std::vector<TensorId>& tensors) {
  std::vector<uint32_t> r;
  r.reserve(tensors.size());
  for (const TensorId t : tensors) r.push_back(t.index);
  return r;
}

}  // namespace

Graph::Graph(uint32_t alignment) : alignment_(alignment) {
  if (alignment < 4 || (alignment & (alignment - 1)) != 0) {
    throw Error(ErrorCode::kUsage, "an alignment is a power of two of at least 4");
  }
}

StorageId Graph::external(uint64_t bytes, uint32_t flags) {
  if (bytes == 0) throw Error(ErrorCode::kUsage, "a storage can't be empty");
  return {append(storages_, sateen_storage{SATEEN_STORAGE_EXTERNAL, flags, bytes})};
}

StorageId Graph::intermediate(uint64_t bytes) {
  if (bytes == 0) throw Error(ErrorCode::kUsage, "a storage can't be empty");
  return {append(storages_, sateen_storage{SATEEN_STORAGE_INTERMEDIATE, 0, bytes})};
}

TensorId Graph::tensor(DType dtype, const Shape& shape, StorageId storage, uint64_t offset) {
  if (storage.index >= storages_.size()) throw Error(ErrorCode::kUsage, "the storage is not of this graph");
  if (offset % alignment_ != 0) {
    throw Error(ErrorCode::kUsage, "a tensor's offset is a multiple of " + std::to_string(alignment_));
  }
  if (checked_add(offset, bytes_of(dtype, shape), "a tensor's end") > storages_[storage.index].bytes) {
    throw Error(ErrorCode::kUsage, "a tensor of shape " + shape.to_string() + " passes the end of its storage");
  }
  return {add_tensor(dtype, shape, storage.index, offset)};
}

TensorId Graph::value(DType dtype, const Shape& shape) {
  return {add_tensor(dtype, shape, intermediate(bytes_of(dtype, shape)).index, 0)};
}

TensorId Graph::reshape(TensorId tensor, const Shape& shape) {
  check(tensor);
  if (shape.elements() != shapes_[tensor.index].elements()) {
    throw Error(ErrorCode::kUsage, "a view of shape " + shape.to_string() + " can't be had of one of shape " +
                                       shapes_[tensor.index].to_string());
  }
  const sateen_tensor source = tensors_[tensor.index];
  return {add_tensor(static_cast<DType>(source.dtype), shape, source.storage, source.offset)};
}

uint32_t Graph::add_tensor(DType dtype, const Shape& shape, uint32_t storage, uint64_t offset) {
  sateen_tensor t{};
  t.dtype = static_cast<uint32_t>(dtype);
  t.storage = storage;
  t.rank = static_cast<uint32_t>(shape.rank());
  t.offset = offset;
  std::copy(shape.dims().begin(), shape.dims().end(), t.dim);
  shapes_.push_back(shape);
  return append(tensors_, t);
}

void Graph::check(TensorId tensor) const {
  if (tensor.index >= tensors_.size()) throw Error(ErrorCode::kUsage, "the tensor is not of this graph");
}

void Graph::add_op(uint32_t kind, std::string name, const std::vector<TensorId>& src, const std::vector<TensorId>& dst,
                   std::vector<unsigned char> attrs) {
  for (const auto* list : {&src, &dst}) {
    for (const TensorId t : *list) {
      if (t) check(t);
    }
  }
  ops_.push_back({kind, std::move(name), indices(src), indices(dst), std::move(attrs)});
}

const Shape& Graph::shape(TensorId tensor) const {
  check(tensor);
  return shapes_[tensor.index];
}

DType Graph::dtype(TensorId tensor) const {
  check(tensor);
  return static_cast<DType>(tensors_[tensor.index].dtype);
}

sateen_graph Graph::c_graph() {
  c_ops_.clear();
  for (const Op& op : ops_) {
    c_ops_.push_back({op.kind, static_cast<uint32_t>(op.src.size()), static_cast<uint32_t>(op.dst.size()),
                      static_cast<uint32_t>(op.attrs.size()), op.src.data(), op.dst.data(),
                      op.attrs.empty() ? nullptr : op.attrs.data(), op.name.c_str()});
  }
  return c_graph_of(storages_, tensors_, c_ops_);
}

}  // namespace sateen
