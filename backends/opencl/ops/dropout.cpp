// Dropout: the mask is drawn anew from Philox in each direction.
#include "op_table.hpp"

namespace sateen::opencl {

template <>
void Ops::make<SATEEN_OP_DROPOUT>(StepBuilder& builder) {
  constexpr int64_t kElements = 32;  // that a work-item draws at once
  const auto n = static_cast<int64_t>(builder.dst(0).elements);
  const int64_t span = builder.tuning.span(ceil_div(n, kElements), 16);
  const auto attrs = builder.op().attributes<sateen_dropout_attrs>();
  builder.call("dropout.cl", "dropout")
      .buffer(StepBuilder::place(builder.src(0)))
      .buffer(StepBuilder::place(builder.src(1)))
      .buffer(StepBuilder::place(builder.dst(0)))
      .wide(attrs.seed)
      .wide(attrs.first_element / 4)
      .unsigned_number(attrs.stream)
      .unsigned_number(attrs.threshold)
      .real(attrs.scale)
      .number(n)
      .number(span)
      .items(ceil_div(n, kElements * span));
}

}  // namespace sateen::opencl
