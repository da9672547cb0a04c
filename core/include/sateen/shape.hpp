// Shapes: the dims of a dense row-major tensor, outermost first.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "sateen/export.hpp"

namespace SATEEN_PUBLIC sateen {

/// Rank 1 to 6, every dim 1 to 2³¹−1, and a number of elements that fits in 62 bits; anything else throws
/// Error(kUsage). A value: cheap to copy, safe to read from several threads.
class Shape {
 public:
  /// {28, 28, 1}; throws as said above.
  Shape(std::initializer_list<int64_t> dims);
  /// The same from a list that was computed.
  explicit Shape(std::vector<int64_t> dims);

  /// How many axes there are, 1 to 6.
  size_t rank() const { return dims_.size(); }
  /// The extent of an axis; axis < rank() is the caller's to keep.
  int64_t operator[](size_t axis) const { return dims_[axis]; }
  /// All extents, the outermost first; valid as long as the shape.
  std::span<const int64_t> dims() const { return dims_; }

  /// Product of the dims.
  uint64_t elements() const { return elements_; }

  /// The same shape with a batch dim in front: 28×28×1 → 64×28×28×1.
  Shape with_batch(int64_t batch) const;

  /// "64x28x28x1"
  std::string to_string() const;

  /// The same rank and dims.
  friend bool operator==(const Shape& a, const Shape& b) { return a.dims_ == b.dims_; }

 private:
  std::vector<int64_t> dims_;
  uint64_t elements_ = 1;
};

}  // namespace sateen
