// An operation in a line: what its choice of kernels depends on.
#pragma once

#include <string>

#include "sateen/sdk/graph_view.hpp"

namespace sateen::opencl {

/// Kind, shapes and attributes, the same for operations that any measurement holds for alike:
///   conv2d_forward 64x28x28x1 3x3x1x32 32 -> 64x28x28x32 stride 1x1 pad 1,1,1,1
/// Sources, "->", destinations, "-" for one that is missing. Tensors that are not f32 begin with their type.
std::string op_key(const sdk::GraphView& graph, const sdk::Op& op);

}  // namespace sateen::opencl
