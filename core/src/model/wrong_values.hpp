// What the values of a parameter can't be, whoever wrote them.
#pragma once

#include <algorithm>
#include <span>

#include "sateen/model.hpp"

namespace sateen {

/// The first parameter with a value that is wrong by wrong(spec, value), or nullptr. values: laid out as the weights.
template <typename Wrong>
const Parameter* find_wrong(const Sequential& model, std::span<const float> values, const Wrong& wrong) {
  for (const Parameter& parameter : model.parameters()) {
    const auto own = values.subspan(parameter.offset, parameter.spec.shape.elements());
    if (std::any_of(own.begin(), own.end(), [&](float value) { return wrong(parameter.spec, value); })) {
      return &parameter;
    }
  }
  return nullptr;
}

/// One of Adam's means of what Adam does not move.
inline bool is_idle_mean(const ParameterSpec& spec, float value) {
  return !spec.trainable && value != 0;
}

/// A variance below 0.
inline bool is_below_zero(const ParameterSpec& spec, float value) {
  return spec.non_negative && value < 0;
}

}  // namespace sateen
