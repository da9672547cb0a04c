// Dense layers: a convolution's products with one run a row. A library's GEMM would take its place here, by Rows.
#include "op_table.hpp"
#include "ops/products.hpp"

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

}  // namespace

void make_dense_forward(StepBuilder& builder) {
  const sdk::Tensor& weights = builder.src(1);
  add_product(builder, StepBuilder::place(builder.src(0)), matrix(builder.src(0).dim[0], weights.dim[0]),
              {StepBuilder::place(weights), 1, weights.dim[0], weights.dim[1], false},
              StepBuilder::place(builder.graph().src(builder.op(), 2)), builder.activated_dst(), builder.alpha());
}

void make_dense_backward_data(StepBuilder& builder) {
  const sdk::Tensor& weights = builder.src(1);
  add_product(builder, StepBuilder::place(builder.src(0)), matrix(builder.src(0).dim[0], weights.dim[1]),
              {StepBuilder::place(weights), 1, weights.dim[1], weights.dim[0], true}, std::nullopt,
              StepBuilder::place(builder.dst(0)), 1.0F);
}

void make_dense_backward_weights(StepBuilder& builder) {
  const sdk::Tensor& src = builder.src(0);
  // Each sample is a line of its own, so that the sum can be split between samples.
  Rows rows = matrix(src.dim[0], src.dim[1]);
  rows.n = src.dim[0];
  rows.out_width = 1;
  rows.image = src.dim[1];
  add_weights_gradient(builder, StepBuilder::place(src), rows, StepBuilder::place(builder.src(1)),
                       builder.src(1).dim[1], StepBuilder::place(builder.dst(0)),
                       StepBuilder::place(builder.graph().dst(builder.op(), 1)));
}

}  // namespace sateen::opencl
