// The ways in which operations of some kinds can be computed.
#include "variant.hpp"

#include "ops/implicit_gemm.hpp"
#include "ops/winograd.hpp"
#include "sateen/sdk/op_shapes.hpp"

namespace sateen::opencl {

namespace {

sdk::Conv2dShape dense_shape_of(const sdk::GraphView& graph, const sdk::Op& op) {
  const bool by_weights = op.kind == SATEEN_OP_DENSE_BACKWARD_WEIGHTS;
  const sdk::Tensor& weights = by_weights ? graph.tensors()[op.dst[0]] : graph.tensors()[op.src[1]];
  return dense_shape(graph.tensors()[op.src[0]].dim[0], weights.dim[0], weights.dim[1]);
}

Variants dense_variants(Pass pass, const sdk::GraphView& graph, const sdk::Op& op, const Tuning& tuning) {
  std::vector<std::string> names = {kNoTiles};
  if (tuning.for_gpu()) names = gemm_variants(pass, dense_shape_of(graph, op));
  names.emplace_back(kGemmLibrary);
  return {std::move(names), kNoTiles};
}

Variants conv2d_variants(Pass pass, const sdk::GraphView& graph, const sdk::Op& op, const Tuning& tuning) {
  const sdk::Conv2dShape s = sdk::conv2d_shape(graph, op);
  if (tuning.for_gpu()) return {gemm_variants(pass, s), kNoTiles};
  const bool fits = pass == Pass::kForward           ? winograd_forward_fits(graph, tuning, s)
                    : pass == Pass::kBackwardWeights ? winograd_gradient_fits(tuning, s)
                                                     : winograd_fits(tuning, s.y, s.x, s.k, s.c);
  if (!fits) return {};
  // Adam makes a step of the same length of any gradient, however small, and of small ones Winograd's sums are less exact:
  // in the first steps a training would leave that of other devices. It is within the bounds, for who measures.
  if (pass == Pass::kBackwardWeights) return {{kDirect, kWinograd}, kDirect};
  return {{kWinograd, kDirect}, kDirect};
}

}  // namespace

Variants variants_of(const sdk::GraphView& graph, const sdk::Op& op, const Tuning& tuning) {
  switch (op.kind) {
    case SATEEN_OP_CONV2D_FORWARD:
      return conv2d_variants(Pass::kForward, graph, op, tuning);
    case SATEEN_OP_CONV2D_BACKWARD_DATA:
      return conv2d_variants(Pass::kBackwardData, graph, op, tuning);
    case SATEEN_OP_CONV2D_BACKWARD_WEIGHTS:
      return conv2d_variants(Pass::kBackwardWeights, graph, op, tuning);
    case SATEEN_OP_DENSE_FORWARD:
      return dense_variants(Pass::kForward, graph, op, tuning);
    case SATEEN_OP_DENSE_BACKWARD_DATA:
      return dense_variants(Pass::kBackwardData, graph, op, tuning);
    case SATEEN_OP_DENSE_BACKWARD_WEIGHTS:
      return dense_variants(Pass::kBackwardWeights, graph, op, tuning);
    default:
      return {};
  }
}

}  // namespace sateen::opencl
