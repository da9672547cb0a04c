// Adam's step size, with the bias correction in it.
#include "sateen/optimizer.hpp"

#include <cmath>

namespace sateen {

double Adam::step_size(uint64_t t) const {
  const auto n = static_cast<double>(t);
  // −expm1(n·ln β) is 1 − βⁿ without the cancellation that a long training would not see and a short one would.
  const auto correction = [n](double beta) { return beta == 0.0 ? 1.0 : -std::expm1(n * std::log(beta)); };
  return learning_rate * std::sqrt(correction(beta2)) / correction(beta1);
}

}  // namespace sateen
