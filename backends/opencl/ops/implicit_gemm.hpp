// Convolutions and dense layers by the kernels that were made for GPUs: implicit_gemm.cl, implicit_gemm_gradient.cl,
// few_channels.cl and add_parts.cl.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gemm_tiles.hpp"
#include "sateen/sdk/op_shapes.hpp"
#include "step.hpp"

namespace sateen::opencl {

/// A dense layer is a convolution of images of one pixel.
sdk::Conv2dShape dense_shape(int64_t n, int64_t inputs, int64_t outputs);

/// Which of the three passes.
enum class Pass { kForward, kBackwardData, kBackwardWeights };

/// The variants of a pass on a GPU, the one to begin with first.
std::vector<std::string> gemm_variants(Pass pass, const sdk::Conv2dShape& s);

/// These make a pass's kernels, and return whether they did: where the variant is kNoTiles, the shape is not for them, or
/// no tile fits the device, the older kernels have to. They throw Failure(UNSUPPORTED) where the step's variant names a
/// tile that can't be had.
bool add_gemm_forward(StepBuilder& builder, const sdk::Conv2dShape& s, Place src, Place weights,
                      std::optional<Place> bias, Place dst, float alpha);
bool add_gemm_backward_data(StepBuilder& builder, const sdk::Conv2dShape& s, Place diff_dst, Place weights,
                            Place diff_src);
bool add_gemm_backward_weights(StepBuilder& builder, const sdk::Conv2dShape& s, Place src, Place diff_dst,
                               Place diff_weights, std::optional<Place> diff_bias);

}  // namespace sateen::opencl
