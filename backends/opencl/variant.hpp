// The ways in which an operation's kernels can be made, by name.
#pragma once

#include <string>
#include <vector>

#include "sateen/sdk/graph_view.hpp"

namespace sateen::opencl {

struct Tuning;

/// Dense layers by the GEMM library.
inline constexpr const char* kGemmLibrary = "clblast";

/// Names of the variants of an operation on a device with this tuning, in order of preference: the first is taken where
/// nothing was measured. The others are held against `direct`, where that is among them, or else against the last of our
/// own, the plainest, which every device can have. Empty where there is one way alone. What can't be had on a device after all is refused when it is prepared.
std::vector<std::string> variants_of(const sdk::GraphView& graph, const sdk::Op& op, const Tuning& tuning);

}  // namespace sateen::opencl
