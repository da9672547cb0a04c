// Dense layers: products of the GEMM library, or a convolution's kernels.
#include "op_table.hpp"
#include "ops/implicit_gemm.hpp"
#include "ops/products.hpp"
#include "variant.hpp"

namespace sateen::opencl {

namespace {

/// The rows of a matrix [n][features].
Rows matrix(int64_t n, int64_t features) {
  Rows rows;
  rows.n = 1;
  rows.out_width = n;
  rows.pixel = features;
  rows.run = features;
  return rows;
}

GemmShape gemm(int64_t m, int64_t n, int64_t k, bool transpose_a, bool transpose_b) {
  return {static_cast<uint64_t>(m), static_cast<uint64_t>(n), static_cast<uint64_t>(k), transpose_a, transpose_b};
}

}  // namespace

template <>
void Ops::make<SATEEN_OP_DENSE_FORWARD>(StepBuilder& builder) {
  const Place src = StepBuilder::place(builder.src(0));
  const Place weights = StepBuilder::place(builder.src(1));
  const Place dst = builder.result();
  const std::optional<Place> bias = StepBuilder::place(builder.graph().src(builder.op(), 2));
  const int64_t n = builder.src(0).dim[0];
  const int64_t inputs = builder.src(1).dim[0];
  const int64_t outputs = builder.src(1).dim[1];
  if (builder.variant != kGemmLibrary) {
    if (builder.tuning.for_gpu() &&
        add_gemm_forward(builder, dense_shape(n, inputs, outputs), src, weights, bias, dst, builder.alpha())) {
      return;
    }
    add_product(builder, src, matrix(n, inputs), {weights, 1, inputs, outputs, false}, bias, dst, builder.alpha());
    return;
  }
  builder.multiply(gemm(n, outputs, inputs, false, false), src, weights, dst);
  if (!bias && builder.alpha() == 1.0F) return;
  builder.call("bias.cl", "add_bias")
      .buffer(bias.value_or(dst))
      .buffer(dst)
      .number(n)
      .number(outputs)
      .number(bias ? 1 : 0)
      .real(builder.alpha())
      .items(n * ceil_div(outputs, builder.tuning.lanes));
}

template <>
void Ops::make<SATEEN_OP_DENSE_BACKWARD_DATA>(StepBuilder& builder) {
  const Place diff_dst = StepBuilder::place(builder.src(0));
  const Place weights = StepBuilder::place(builder.src(1));
  const Place diff_src = StepBuilder::place(builder.dst(0));
  const int64_t n = builder.src(0).dim[0];
  const int64_t inputs = builder.src(1).dim[0];
  const int64_t outputs = builder.src(1).dim[1];
  if (builder.variant == kGemmLibrary) {
    builder.multiply(gemm(n, inputs, outputs, false, true), diff_dst, weights, diff_src);
  } else if (!builder.tuning.for_gpu() ||
             !add_gemm_backward_data(builder, dense_shape(n, inputs, outputs), diff_dst, weights, diff_src)) {
    add_product(builder, diff_dst, matrix(n, outputs), {weights, 1, outputs, inputs, true}, std::nullopt, diff_src,
                1.0F);
  }
}

template <>
void Ops::make<SATEEN_OP_DENSE_BACKWARD_WEIGHTS>(StepBuilder& builder) {
  const sdk::Tensor& src = builder.src(0);
  const Place diff_dst = StepBuilder::place(builder.src(1));
  const Place diff_weights = StepBuilder::place(builder.dst(0));
  const std::optional<Place> diff_bias = StepBuilder::place(builder.graph().dst(builder.op(), 1));
  const int64_t n = src.dim[0];
  const int64_t inputs = src.dim[1];
  const int64_t outputs = builder.src(1).dim[1];
  if (builder.variant == kGemmLibrary) {
    builder.multiply(gemm(inputs, outputs, n, true, false), StepBuilder::place(src), diff_dst, diff_weights);
    if (diff_bias) add_column_sums(builder, diff_dst, n, outputs, *diff_bias);
    return;
  }
  if (builder.tuning.for_gpu() &&
      add_gemm_backward_weights(builder, dense_shape(n, inputs, outputs), StepBuilder::place(src), diff_dst,
                                diff_weights, diff_bias)) {
    return;
  }
  // Each sample is a line of its own, so that the sum can be split between samples.
  Rows rows = matrix(n, inputs);
  rows.n = n;
  rows.out_width = 1;
  rows.image = inputs;
  add_weights_gradient(builder, StepBuilder::place(src), rows, diff_dst, outputs, diff_weights, diff_bias);
}

}  // namespace sateen::opencl
