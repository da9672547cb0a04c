// Adam's settings.
#pragma once

#include <cstdint>

#include "sateen/export.hpp"

namespace SATEEN_PUBLIC sateen {

/// Keras's Adam (Kingma & Ba, 2015, section 2's efficient form): with t counting steps from 1
///   p −= learning_rate · √(1 − beta2ᵗ) / (1 − beta1ᵗ) · m / (√v + epsilon).
struct Adam {
  double learning_rate = 1e-3;  ///< above 0 in f32
  double beta1 = 0.9;           ///< how much of m, the mean of the gradients, is kept at each step
  double beta2 = 0.999;         ///< how much of v, the mean of their squares, is kept at each step
  double epsilon = 1e-7;        ///< keeps the quotient finite where v is 0

  /// The learning rate of step t ≥ 1 with the bias correction in it, computed in double.
  double step_size(uint64_t t) const;
};

}  // namespace sateen
