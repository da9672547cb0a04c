// Which rows of each global batch a rank computes.
#include "parallel/share.hpp"

#include <algorithm>
#include <numeric>
#include <string>

#include "sateen/error.hpp"
#include "sateen/layers.hpp"

namespace sateen {

namespace {

/// So many rows, and multiples of them, have a multiple of four values in front of every dropout.
int64_t grain(const Sequential& model) {
  int64_t rows = 1;
  for (size_t i = 0; i < model.layer_count(); ++i) {
    if (dynamic_cast<const Dropout*>(&model.layer(i)) == nullptr) continue;
    const auto values = static_cast<int64_t>(model.layer_input(i).elements());
    rows = std::lcm(rows, 4 / std::gcd<int64_t>(values, 4));
  }
  return rows;
}

}  // namespace

int64_t Share::valid_of(int64_t valid) const {
  return std::clamp<int64_t>(valid - first, 0, rows);
}

Share share_of(int64_t batch, const Sequential& model, int rank, int ranks) {
  const int64_t rows = grain(model);
  const int64_t pieces = (batch + rows - 1) / rows;
  if (pieces < ranks) {
    throw Error(ErrorCode::kUsage, "a batch of " + std::to_string(batch) + " images has no share for each of " +
                                       std::to_string(ranks) + " ranks; give a larger one, or fewer ranks");
  }
  const auto begin = [&](int64_t r) { return std::min(batch, pieces * r / ranks * rows); };
  return {batch, begin(rank), begin(rank + 1) - begin(rank)};
}

}  // namespace sateen
