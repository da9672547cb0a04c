// Softmax, and the loss with its gradient.
#include "op_table.hpp"

namespace sateen::opencl {

template <>
void Ops::make<SATEEN_OP_SOFTMAX>(StepBuilder& builder) {
  const sdk::Tensor& src = builder.src(0);
  builder.call("softmax.cl", "softmax")
      .buffer(StepBuilder::place(src))
      .buffer(StepBuilder::place(builder.dst(0)))
      .number(src.dim[0])
      .number(src.dim[1])
      .items(src.dim[0]);
}

template <>
void Ops::make<SATEEN_OP_SOFTMAX_CROSS_ENTROPY>(StepBuilder& builder) {
  const int64_t n = builder.src(0).dim[0];
  const int64_t rows = builder.src(2).dim[0];
  const std::optional<Place> diff = StepBuilder::place(builder.graph().dst(builder.op(), 1));
  const Place valid = StepBuilder::place(builder.src(2));
  const Place cursor = StepBuilder::place(builder.src(3));
  const Place result = builder.scratch(2 * n);
  builder.call("softmax.cl", "cross_entropy_rows")
      .buffer(StepBuilder::place(builder.src(0)))
      .buffer(StepBuilder::place(builder.src(1)))
      .buffer(valid)
      .buffer(cursor)
      .buffer(diff.value_or(result))
      .buffer(result)
      .number(diff ? 1 : 0)
      .number(rows)
      .number(n)
      .number(builder.src(0).dim[1])
      .items(n);
  builder.call("softmax.cl", "cross_entropy_sum")
      .buffer(result)
      .buffer(valid)
      .buffer(cursor)
      .buffer(StepBuilder::place(builder.dst(0)))
      .number(rows)
      .number(n)
      .items(1);
}

}  // namespace sateen::opencl
