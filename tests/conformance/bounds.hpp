// How far a backend may be from the oracle, per kind of operation, and why.
#pragma once

namespace conformance {

/// An error is allowed up to `share` of the scale; 0 means the same number.
struct Bound {
  enum class Scale {
    kLargest,  ///< the largest |value| of the tensor
    kElement,  ///< the |value| itself
    kOne,      ///< an absolute bound
  };
  double share;
  Scale scale;
};

/// Gather's copies, dropout, pooling, advance, the count of right answers: nothing is rounded, or once, as in f32.
inline constexpr Bound kExact{0, Bound::Scale::kElement};
/// Up to 1,152 products a sum, and room for Winograd's F(2×2) and F(4×4), whose transforms lose about 4 bits.
inline constexpr Bound kConvolution{5e-5, Bound::Scale::kLargest};
/// Up to 2,048 products a sum in any order: √2048 · 2⁻²⁴ is 2.7e-6; four times that.
inline constexpr Bound kDense{1e-5, Bound::Scale::kLargest};
/// One or two roundings of 2⁻²⁴ and room for a multiply-add that is or isn't fused.
inline constexpr Bound kElementwise{1e-6, Bound::Scale::kElement};
/// Adam: a difference of terms may be small beside them, so against the tensor's largest. A dozen roundings.
inline constexpr Bound kAdam{1e-6, Bound::Scale::kLargest};
/// Batch normalisation: a mean and sums over thousands of values, and what is left where they are subtracted.
inline constexpr Bound kBatchNorm{1e-5, Bound::Scale::kLargest};
/// Probabilities are at most 1: exp of a few ulp, a sum, a quotient.
inline constexpr Bound kSoftmax{1e-6, Bound::Scale::kOne};
/// A logarithm and a sum over the batch.
inline constexpr Bound kLoss{1e-5, Bound::Scale::kElement};
/// (p − onehot) / v: as the softmax, but p − 1 is a difference, so against the tensor's largest.
inline constexpr Bound kLossGradient{1e-5, Bound::Scale::kLargest};
/// A whole training step: the errors of up to six operations, convolutions among them, add up.
inline constexpr Bound kChain{2e-4, Bound::Scale::kLargest};

}  // namespace conformance
