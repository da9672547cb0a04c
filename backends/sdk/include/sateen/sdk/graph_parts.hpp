// What a graph is made of, copied out of the contract's structures: storages, tensors, operations.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "sateen/backend.h"

namespace sateen::sdk {

/// A sateen_storage.
struct Storage {
  uint32_t role = 0;   ///< SATEEN_STORAGE_EXTERNAL or SATEEN_STORAGE_INTERMEDIATE
  uint32_t flags = 0;  ///< SATEEN_STORAGE_FROZEN or 0
  uint64_t bytes = 0;  ///< above 0
  /// Whether memory is bound to it at run.
  bool external() const { return role == SATEEN_STORAGE_EXTERNAL; }
  /// Whether its bytes never change, so that a packed copy may be kept.
  bool frozen() const { return (flags & SATEEN_STORAGE_FROZEN) != 0; }
};

/// A sateen_tensor, which lies inside its storage, and what follows from it.
struct Tensor {
  uint32_t dtype = 0;                          ///< SATEEN_F32, …
  uint32_t storage = 0;                        ///< index into GraphView::storages
  uint32_t rank = 0;                           ///< 1 to SATEEN_MAX_RANK
  uint64_t offset = 0;                         ///< bytes into the storage, a multiple of the device's alignment
  std::array<int64_t, SATEEN_MAX_RANK> dim{};  ///< the outermost first; 0 past the rank
  uint64_t elements = 0;                       ///< product of the dims
  uint64_t bytes = 0;                          ///< 0 where the dtype is unknown

  /// The same rank and dims.
  bool same_shape(const Tensor& other) const { return rank == other.rank && dim == other.dim; }
  /// The same bytes, read alike: what "in place" asks for.
  bool same_place(const Tensor& other) const {
    return storage == other.storage && offset == other.offset && dtype == other.dtype && same_shape(other);
  }
  /// Whether they share a byte.
  bool overlaps(const Tensor& other) const {
    return storage == other.storage && offset < other.offset + other.bytes && other.offset < offset + bytes;
  }
};

/// A sateen_op with a copy of all that it points to.
struct Op {
  uint32_t kind = 0;                 ///< SATEEN_OP_…, or one that this header does not know
  std::string name;                  ///< for errors, profiles and logs
  std::vector<uint32_t> src;         ///< indices into GraphView::tensors, or SATEEN_NONE, in the page's order
  std::vector<uint32_t> dst;         ///< likewise
  std::vector<unsigned char> attrs;  ///< the page's structure; empty for an unknown kind

  /// The page's structure; the view has checked the size.
  template <typename Attrs>
  Attrs attributes() const {
    Attrs r;
    std::memcpy(&r, attrs.data(), sizeof(Attrs));
    return r;
  }
};

/// Bytes of one element, or 0 for a dtype that this header does not know.
constexpr uint64_t size_of(uint32_t dtype) {
  return dtype == SATEEN_F32 || dtype == SATEEN_I32 ? 4 : dtype == SATEEN_U8 ? 1 : 0;
}

}  // namespace sateen::sdk
