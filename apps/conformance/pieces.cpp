// Cutting a graph and running the parts.
#include "conformance/pieces.hpp"

namespace sateen::app {
namespace {

/// Copies of storages and tensors of the whole, made when they are first asked for.
class Copier {
 public:
  Copier(const sateen_graph& whole, Piece& piece, bool keep_flags, const std::function<bool(uint32_t)>& shown)
      : whole_(whole), piece_(piece), keep_flags_(keep_flags), shown_(shown) {}

  TensorId tensor(uint32_t index) {
    if (index == SATEEN_NONE) return {};
    const auto known = tensors_.find(index);
    if (known != tensors_.end()) return known->second;
    const sateen_tensor& t = whole_.tensor[index];
    const Shape shape(std::vector<int64_t>(t.dim, t.dim + t.rank));
    return tensors_[index] = piece_.graph.tensor(static_cast<DType>(t.dtype), shape, storage(t.storage), t.offset);
  }

 private:
  StorageId storage(uint32_t index) {
    const auto known = storages_.find(index);
    if (known != storages_.end()) return known->second;
    const sateen_storage& s = whole_.storage[index];
    const bool external = s.role == SATEEN_STORAGE_EXTERNAL;
    if (!external && !shown_(index)) return storages_[index] = piece_.graph.intermediate(s.bytes);
    piece_.storages.push_back(index);
    return storages_[index] = piece_.graph.external(s.bytes, keep_flags_ ? s.flags : 0);
  }

  const sateen_graph& whole_;
  Piece& piece_;
  bool keep_flags_;
  const std::function<bool(uint32_t)>& shown_;
  std::map<uint32_t, TensorId> tensors_;
  std::map<uint32_t, StorageId> storages_;
};

}  // namespace

Piece piece_of(const sateen_graph& whole, uint32_t begin, uint32_t end, uint32_t alignment,
               const std::function<bool(uint32_t storage)>& shown) {
  Piece piece(alignment);
  Copier copier(whole, piece, end - begin > 1, shown);
  for (uint32_t i = begin; i < end; ++i) {
    const sateen_op& op = whole.op[i];
    std::vector<TensorId> src, dst;
    for (uint32_t k = 0; k < op.n_src; ++k) src.push_back(copier.tensor(op.src[k]));
    for (uint32_t k = 0; k < op.n_dst; ++k) dst.push_back(copier.tensor(op.dst[k]));
    const auto* attrs = static_cast<const unsigned char*>(op.attrs);
    piece.graph.add_op(op.kind, op.name, src, dst, std::vector<unsigned char>(attrs, attrs + op.attrs_size));
  }
  return piece;
}

State run_piece(Device& device, sateen::Program& program, const Piece& piece, const State& state, State* again) {
  std::vector<Buffer> buffers;
  for (const uint32_t storage : piece.storages) {
    const Bytes& bytes = state.at(storage);
    buffers.push_back(device.create_buffer(bytes.data(), bytes.size()));
  }
  const std::vector<Binding> bound(buffers.begin(), buffers.end());
  const auto run = [&] {
    program.run(bound);
    State after;
    for (size_t i = 0; i < buffers.size(); ++i) after[piece.storages[i]] = buffers[i].read_as<unsigned char>();
    return after;
  };
  State after = run();
  if (again == nullptr) return after;
  for (size_t i = 0; i < buffers.size(); ++i) {
    const Bytes& bytes = state.at(piece.storages[i]);
    buffers[i].write(bytes.data(), bytes.size());
  }
  *again = run();
  return after;
}

Range range_of(const sateen_tensor& tensor) {
  uint64_t bytes = size_of(static_cast<DType>(tensor.dtype));
  for (uint32_t i = 0; i < tensor.rank; ++i) bytes *= static_cast<uint64_t>(tensor.dim[i]);
  return {tensor.offset, tensor.offset + bytes};
}

}  // namespace sateen::app
