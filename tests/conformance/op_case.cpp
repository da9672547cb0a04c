// The parts of a conformance case.
#include "op_case.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace conformance {

uint64_t Argument::elements() const {
  uint64_t n = 1;
  for (const int64_t d : dims) n *= static_cast<uint64_t>(d);
  return n;
}

oracle::Values allowed_error(const oracle::Values& values, Bound bound) {
  double largest = 0;
  for (const double x : values)
    if (std::isfinite(x)) largest = std::max(largest, std::abs(x));
  oracle::Values allowed;
  for (const double x : values) {
    const double scale = bound.scale == Bound::Scale::kOne       ? 1
                         : bound.scale == Bound::Scale::kElement ? std::abs(x)
                                                                 : largest;
    allowed.push_back(std::isfinite(x) ? bound.share * scale : 0);
  }
  return allowed;
}

Argument none() {
  Argument a;
  a.present = false;
  return a;
}

Argument shaped(Dims dims, sateen::DType dtype) {
  Argument a;
  a.dtype = dtype;
  a.dims = std::move(dims);
  return a;
}

Argument result(Dims dims, oracle::Values values, Bound bound) {
  Argument a;
  a.dims = std::move(dims);
  a.expect.allowed = allowed_error(values, bound);
  a.expect.value = std::move(values);
  return a;
}

Argument in_place(int src, Argument a) {
  a.same_as = src;
  return a;
}

OpCase op_case(uint32_t kind, std::vector<Argument> src, std::vector<Argument> dst) {
  return {kind, std::move(src), std::move(dst),
          [kind](sateen::Graph& g, const std::vector<sateen::TensorId>& s, const std::vector<sateen::TensorId>& d) {
            g.op(kind, "case", s, d);
          }};
}

}  // namespace conformance
