// Shapes of sliding windows that convolution and pooling share: their names, and drawn ones.
#pragma once

#include <string>
#include <vector>

#include "oracle.hpp"

namespace conformance {

/// "n2_h28_w28_c32_k2x2_s2x2_p0011"; with output channels "n2_h28_w28_c1_k32_k3x3_s1x1_p1111".
std::string name_of(const oracle::Window& g, int64_t k = 0);

/// One of these.
int64_t pick(oracle::Random& random, const std::vector<int64_t>& from);

/// A window of any size, stride and padding that the contract allows, over something small; sizes around the widths of
/// vectors and tiles come up most.
oracle::Window draw_window(oracle::Random& random, const std::vector<int64_t>& channels);

}  // namespace conformance
