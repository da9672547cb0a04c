// One operation with its inputs and what has to come out: what a conformance case is made of.
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "bounds.hpp"
#include "oracle.hpp"
#include "sateen/graph.hpp"

namespace conformance {

using Dims = std::vector<int64_t>;
using Bytes = std::vector<unsigned char>;

/// What a written tensor has to hold: these bytes, or these values give or take `allowed` (NaN there: anything).
struct Expected {
  Bytes exact;
  oracle::Values value, allowed;
};

/// One tensor of the operation.
struct Argument {
  bool present = true;
  sateen::DType dtype = sateen::DType::kF32;
  Dims dims;
  Bytes before;      ///< its bytes before the run; none for a plain destination
  Expected expect;   ///< for destinations
  int same_as = -1;  ///< in place: this destination is that source

  uint64_t elements() const;
  uint64_t bytes() const { return elements() * sateen::size_of(dtype); }
};

struct OpCase {
  uint32_t kind = 0;
  std::vector<Argument> src, dst;
  /// Appends the operation to a graph.
  std::function<void(sateen::Graph&, const std::vector<sateen::TensorId>&, const std::vector<sateen::TensorId>&)> emit;
};

template <typename T>
constexpr sateen::DType dtype_of() {
  if (std::is_same_v<T, float>) return sateen::DType::kF32;
  return std::is_same_v<T, int32_t> ? sateen::DType::kI32 : sateen::DType::kU8;
}

template <typename T>
Bytes bytes_of(const std::vector<T>& data) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(data.data());
  return {bytes, bytes + data.size() * sizeof(T)};
}

inline oracle::Values widen(const std::vector<float>& x) {
  return {x.begin(), x.end()};
}

/// The error that a bound allows for each of these values. An expected NaN or infinity has to come out as such.
oracle::Values allowed_error(const oracle::Values& values, Bound bound);

template <typename T>
Argument source(Dims dims, const std::vector<T>& data) {
  Argument a;
  a.dtype = dtype_of<T>();
  a.dims = std::move(dims);
  a.before = bytes_of(data);
  return a;
}

/// SATEEN_NONE.
Argument none();
/// Of this shape, where the values don't matter.
Argument shaped(Dims dims, sateen::DType dtype = sateen::DType::kF32);
/// A destination with these values.
Argument result(Dims dims, oracle::Values values, Bound bound);
/// A destination with exactly these bytes.
template <typename T>
Argument exact_result(Dims dims, const std::vector<T>& data) {
  Argument a;
  a.dtype = dtype_of<T>();
  a.dims = std::move(dims);
  a.expect.exact = bytes_of(data);
  return a;
}
/// The same tensor as source number `src`, written in place.
Argument in_place(int src, Argument a);

template <typename Attrs>
OpCase op_case(uint32_t kind, const Attrs& attrs, std::vector<Argument> src, std::vector<Argument> dst) {
  return {kind, std::move(src), std::move(dst),
          [kind, attrs](sateen::Graph& g, const std::vector<sateen::TensorId>& s,
                        const std::vector<sateen::TensorId>& d) { g.op(kind, "case", s, d, attrs); }};
}
OpCase op_case(uint32_t kind, std::vector<Argument> src, std::vector<Argument> dst);

}  // namespace conformance
