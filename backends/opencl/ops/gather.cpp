// Gathering a batch from a data set.
#include <algorithm>

#include "op_table.hpp"

namespace sateen::opencl {

template <>
void Ops::make<SATEEN_OP_GATHER>(StepBuilder& builder) {
  const sdk::Tensor& data = builder.src(0);
  const sdk::Tensor& batch = builder.dst(0);
  const std::optional<Place> indices = StepBuilder::place(builder.graph().src(builder.op(), 1));
  const std::optional<Place> cursor = StepBuilder::place(builder.graph().src(builder.op(), 2));
  const auto attrs = builder.op().attributes<sateen_gather_attrs>();
  const int64_t n = batch.dim[0];
  const int64_t sample = static_cast<int64_t>(batch.elements) / n;
  const int64_t pieces = std::clamp<int64_t>(builder.tuning.items / n, 1, ceil_div(sample, 4));
  const bool bytes = data.dtype == SATEEN_U8;
  const char* kernel = !bytes ? "gather_words" : batch.dtype == SATEEN_F32 ? "gather_u8_f32" : "gather_u8_i32";
  builder.call("gather.cl", kernel)
      .buffer(StepBuilder::place(data), bytes ? 1 : 4)
      .buffer(indices.value_or(StepBuilder::place(batch)))
      .buffer(cursor.value_or(StepBuilder::place(batch)))
      .buffer(StepBuilder::place(batch))
      .real(attrs.scale)
      .real(attrs.shift)
      .number(indices ? 1 : 0)
      .number(cursor ? 1 : 0)
      .number(indices ? builder.src(1).dim[0] / n : 0)
      .number(data.dim[0])
      .number(n)
      .number(sample)
      .number(pieces)
      .items(n * pieces);
}

}  // namespace sateen::opencl
