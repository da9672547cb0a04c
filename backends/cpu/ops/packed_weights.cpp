// Weights in the order in which the product kernel reads them.
#include "ops/packed_weights.hpp"

#include <algorithm>

namespace sateen::cpu {

PackedWeights::PackedWeights(StepBuilder& builder, const sdk::Tensor& weights, int64_t taps, int64_t in, int64_t out,
                             Order order)
    : order_(order),
      taps_(taps),
      in_(in),
      out_(out),
      width_(builder.kernels.columns),
      rows_(taps * (order == Order::kForward ? in : out)),
      columns_(order == Order::kForward ? out : in),
      blocks_((columns_ - 1) / width_ + 1),
      weights_(StepBuilder::place(weights)) {
  const uint64_t bytes = float_bytes(blocks_, rows_, width_);
  if (builder.frozen(weights)) {
    kept_ = std::make_shared<Kept>();
    kept_->memory = Memory(bytes);
  } else {
    scratch_ = builder.shared_scratch(bytes);
  }
}

const float* PackedWeights::pack(const RunContext& context) const {
  if (kept_ == nullptr) {
    fill(context.at(weights_), context.at(scratch_));
    return context.at(scratch_);
  }
  auto* packed = reinterpret_cast<float*>(kept_->memory.data());
  if (!kept_->filled) fill(context.at(weights_), packed);
  kept_->filled = true;
  return packed;
}

void PackedWeights::fill(const float* weights, float* packed) const {
  constexpr int64_t kRows = 128;
  const int64_t pieces = (rows_ - 1) / kRows + 1;
  parallel(blocks_ * pieces, [&](int64_t task) {
    const int64_t block = task / pieces;
    const int64_t first = block * width_;
    const int64_t n = std::min(width_, columns_ - first);
    const int64_t end = std::min(rows_, (task % pieces + 1) * kRows);
    for (int64_t row = task % pieces * kRows; row < end; ++row) {
      float* to = packed + (block * rows_ + row) * width_;
      if (order_ == Order::kForward) {
        const float* from = weights + row * out_ + first;
        std::copy(from, from + n, to);
      } else {
        const float* from = weights + ((taps_ - 1 - row / out_) * in_ + first) * out_ + row % out_;
        for (int64_t j = 0; j < n; ++j) to[j] = from[j * out_];
      }
      std::fill(to + n, to + width_, 0.0F);
    }
  });
}

}  // namespace sateen::cpu
