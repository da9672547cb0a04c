// What a step ends with: Adam's update, and the cursor's step.
#include "op_table.hpp"

namespace sateen::opencl {

template <>
void Ops::make<SATEEN_OP_ADAM>(StepBuilder& builder) {
  const auto n = static_cast<int64_t>(builder.src(0).elements);
  const int64_t vectors = ceil_div(n, builder.tuning.lanes);
  const int64_t span = builder.tuning.span(vectors, 64);
  const auto attrs = builder.op().attributes<sateen_adam_attrs>();
  CallBuilder call = builder.call("update.cl", "adam");
  for (size_t i = 0; i < 6; ++i) call.buffer(StepBuilder::place(builder.src(i)));
  call.real(attrs.beta1)
      .real(attrs.beta2)
      .real(attrs.epsilon)
      .number(builder.src(4).dim[0])
      .number(n)
      .number(span)
      .items(ceil_div(vectors, span));
}

template <>
void Ops::make<SATEEN_OP_ADVANCE>(StepBuilder& builder) {
  builder.call("update.cl", "advance").buffer(StepBuilder::place(builder.src(0))).items(1);
}

}  // namespace sateen::opencl
