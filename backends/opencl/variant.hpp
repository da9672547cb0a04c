// The ways in which an operation's kernels can be made, by name.
#pragma once

#include <string>
#include <vector>

#include "sateen/sdk/graph_view.hpp"

namespace sateen::opencl {

struct Tuning;

/// Dense layers by the GEMM library.
inline constexpr const char* kGemmLibrary = "clblast";

struct Variants {
  /// In order of preference: the first is taken where nothing was measured. Empty where there is one way alone.
  std::vector<std::string> names;
  /// The plainest of our own, which every device can have, and which the others are held against.
  std::string safe;
};

/// The variants of an operation on a device with this tuning. What can't be had on a device after all is refused when it
/// is prepared.
Variants variants_of(const sdk::GraphView& graph, const sdk::Op& op, const Tuning& tuning);

}  // namespace sateen::opencl
