// LeakyReLU on its own; after a convolution or a dense layer it is part of theirs.
#include "op_table.hpp"
#include "ops/pieces.hpp"

namespace sateen::cpu {

template <>
Step Ops::make<SATEEN_OP_LEAKY_RELU_FORWARD>(StepBuilder& builder) {
  const auto n = static_cast<int64_t>(builder.dst(0).elements);
  return
      [n, &kernels = builder.kernels, alpha = builder.op().attributes<sateen_leaky_relu_attrs>().alpha,
       src = StepBuilder::place(builder.src(0)), dst = StepBuilder::place(builder.dst(0))](const RunContext& context) {
        parallel_pieces(n, kPiece, [&](int64_t begin, int64_t end) {
          kernels.leaky_relu_forward(context.at(src) + begin, alpha, end - begin, context.at(dst) + begin);
        });
      };
}

template <>
Step Ops::make<SATEEN_OP_LEAKY_RELU_BACKWARD>(StepBuilder& builder) {
  const auto n = static_cast<int64_t>(builder.dst(0).elements);
  return [n, &kernels = builder.kernels, alpha = builder.op().attributes<sateen_leaky_relu_attrs>().alpha,
          dst = StepBuilder::place(builder.src(0)), diff_dst = StepBuilder::place(builder.src(1)),
          diff_src = StepBuilder::place(builder.dst(0))](const RunContext& context) {
    parallel_pieces(n, kPiece, [&](int64_t begin, int64_t end) {
      kernels.leaky_relu_backward(context.at(dst) + begin, context.at(diff_dst) + begin, alpha, end - begin,
                                  context.at(diff_src) + begin);
    });
  };
}

}  // namespace sateen::cpu
