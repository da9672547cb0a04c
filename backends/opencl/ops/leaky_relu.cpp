// LeakyReLU.
#include "op_table.hpp"

namespace sateen::opencl {

namespace {

void add_elementwise(StepBuilder& builder, const char* kernel) {
  const auto n = static_cast<int64_t>(builder.dst(0).elements);
  const int64_t vectors = ceil_div(n, builder.tuning.lanes);
  const int64_t span = builder.tuning.span(vectors, 64);
  CallBuilder call = builder.call("leaky_relu.cl", kernel);
  for (size_t i = 0; i < builder.op().src.size(); ++i) call.buffer(StepBuilder::place(builder.src(i)));
  call.buffer(StepBuilder::place(builder.dst(0)))
      .real(builder.op().attributes<sateen_leaky_relu_attrs>().alpha)
      .number(n)
      .number(span)
      .items(ceil_div(vectors, span));
}

}  // namespace

template <>
void Ops::make<SATEEN_OP_LEAKY_RELU_FORWARD>(StepBuilder& builder) {
  add_elementwise(builder, "leaky_relu_forward");
}

template <>
void Ops::make<SATEEN_OP_LEAKY_RELU_BACKWARD>(StepBuilder& builder) {
  add_elementwise(builder, "leaky_relu_backward");
}

}  // namespace sateen::opencl
