// Dense layers: three matrix products on the kernel of the convolutions.
#include <algorithm>
#include <optional>
#include <vector>

#include "op_table.hpp"
#include "ops/packed_weights.hpp"

namespace sateen::cpu {

namespace {

std::vector<int64_t> multiples(int64_t n, int64_t step) {
  std::vector<int64_t> r(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i) r[static_cast<size_t>(i)] = i * step;
  return r;
}

/// dst [n][columns] = src [n][rows of the weights] · weights + bias, activated.
Step make_product(StepBuilder& builder, Place src, Place dst, std::optional<Place> bias, int64_t n,
                  PackedWeights weights) {
  return [=, &kernels = builder.kernels, alpha = builder.leaky_alpha(),
          offsets = multiples(n, weights.rows())](const RunContext& context) {
    const float* packed = weights.pack(context);
    const int64_t columns = weights.columns();
    const int64_t piece = 2 * kernels.rows;  // batch rows of a task
    const int64_t pieces = (n - 1) / piece + 1;
    parallel(weights.blocks() * pieces, [&](int64_t task) {
      const int64_t block = task / pieces;
      const int64_t row = task % pieces * piece;
      const int64_t column = block * kernels.columns;
      Multiply job{};
      job.outer = 1;
      job.inner = weights.rows();
      job.rows = std::min(piece, n - row);
      job.columns = std::min(kernels.columns, columns - column);
      job.a_inner = 1;
      job.b_inner = kernels.columns;
      job.a = context.at(src);
      job.row_offset = offsets.data() + row;
      job.b = packed + block * weights.block_floats();
      job.bias = bias ? context.at(*bias) + column : nullptr;
      job.dst = context.at(dst) + row * columns + column;
      job.dst_row = columns;
      job.leaky = alpha.has_value();
      job.alpha = alpha.value_or(0.0F);
      kernels.multiply(job);
    });
  };
}

}  // namespace

template <>
Step Ops::make<SATEEN_OP_DENSE_FORWARD>(StepBuilder& builder) {
  const sdk::Tensor& weights = builder.src(1);
  return make_product(
      builder, StepBuilder::place(builder.src(0)), builder.activated_dst(),
      StepBuilder::place(builder.graph().src(builder.op(), 2)), builder.src(0).dim[0],
      PackedWeights(builder, weights, 1, weights.dim[0], weights.dim[1], PackedWeights::Order::kForward));
}

template <>
Step Ops::make<SATEEN_OP_DENSE_BACKWARD_DATA>(StepBuilder& builder) {
  const sdk::Tensor& weights = builder.src(1);
  return make_product(
      builder, StepBuilder::place(builder.src(0)), StepBuilder::place(builder.dst(0)), std::nullopt,
      builder.src(0).dim[0],
      PackedWeights(builder, weights, 1, weights.dim[0], weights.dim[1], PackedWeights::Order::kTurned));
}

template <>
Step Ops::make<SATEEN_OP_DENSE_BACKWARD_WEIGHTS>(StepBuilder& builder) {
  const int64_t n = builder.src(0).dim[0];
  const int64_t in = builder.src(0).dim[1];
  const int64_t out = builder.src(1).dim[1];
  const int64_t width = builder.kernels.columns;
  const int64_t blocks = (out - 1) / width + 1;
  // The kernel reads whole blocks of columns, so diff_dst is copied to rows that hold them.
  const int64_t stride = blocks * width;
  const Scratch padded = builder.shared_scratch(float_bytes(n, stride));
  const std::optional<Place> diff_bias = StepBuilder::place(builder.graph().dst(builder.op(), 1));
  return [=, &kernels = builder.kernels, src = StepBuilder::place(builder.src(0)),
          diff_dst = StepBuilder::place(builder.src(1)), diff_weights = StepBuilder::place(builder.dst(0)),
          offsets = multiples(in, 1)](const RunContext& context) {
    const float* diff = context.at(diff_dst);
    float* copy = context.at(padded);
    parallel_pieces(n, 64, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        std::fill(std::copy(diff + i * out, diff + (i + 1) * out, copy + i * stride), copy + (i + 1) * stride, 0.0F);
      }
    });
    const int64_t piece = 8 * kernels.rows;  // input features of a task
    const int64_t pieces = (in - 1) / piece + 1;
    parallel(pieces + 1, [&](int64_t task) {
      if (task == pieces) {
        if (diff_bias) kernels.column_sums(diff, n, out, out, false, context.at(*diff_bias));
        return;
      }
      const int64_t row = task * piece;
      Multiply job{};
      job.outer = 1;
      job.inner = n;
      job.rows = std::min(piece, in - row);
      job.a_inner = in;
      job.b_inner = stride;
      job.a = context.at(src);
      job.row_offset = offsets.data() + row;
      job.dst_row = out;
      for (int64_t block = 0; block < blocks; ++block) {
        job.columns = std::min(width, out - block * width);
        job.b = copy + block * width;
        job.dst = context.at(diff_weights) + row * out + block * width;
        kernels.multiply(job);
      }
    });
  };
}

}  // namespace sateen::cpu
