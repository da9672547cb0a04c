// Shapes with overflow-checked sizes.
#include "sateen/shape.hpp"

#include <cstdint>
#include <limits>
#include <utility>

#include "sateen/backend.h"
#include "sateen/checked.hpp"

namespace sateen {

namespace {

constexpr uint64_t kMaxElements = uint64_t{1} << 62;

}  // namespace

Shape::Shape(std::initializer_list<int64_t> dims) : Shape(std::vector<int64_t>(dims)) {}

Shape::Shape(std::vector<int64_t> dims) : dims_(std::move(dims)) {
  if (dims_.empty() || dims_.size() > SATEEN_MAX_RANK) {
    throw Error(ErrorCode::kUsage, "a shape has 1 to 6 dimensions, not " + std::to_string(dims_.size()));
  }
  for (const int64_t dim : dims_) {
    if (dim < 1 || dim > std::numeric_limits<int32_t>::max()) {
      throw Error(ErrorCode::kUsage, "a dimension of " + std::to_string(dim) + " is not between 1 and 2147483647");
    }
    elements_ = checked_mul(elements_, static_cast<uint64_t>(dim), "the number of elements");
  }
  if (elements_ > kMaxElements) throw Error(ErrorCode::kUsage, "the number of elements is too large");
}

Shape Shape::with_batch(int64_t batch) const {
  std::vector<int64_t> dims{batch};
  dims.insert(dims.end(), dims_.begin(), dims_.end());
  return Shape(std::move(dims));
}

std::string Shape::to_string() const {
  std::string text;
  for (const int64_t dim : dims_) text += (text.empty() ? "" : "x") + std::to_string(dim);
  return text;
}

}  // namespace sateen
