// Gathering a batch of images that are mirrored and moved at random.
#include <algorithm>

#include "op_table.hpp"

namespace sateen::opencl {

template <>
void Ops::make<SATEEN_OP_AUGMENT>(StepBuilder& builder) {
  const sdk::Tensor& data = builder.src(0);
  const sdk::Tensor& batch = builder.dst(0);
  const std::optional<Place> indices = StepBuilder::place(builder.graph().src(builder.op(), 1));
  const auto attrs = builder.op().attributes<sateen_augment_attrs>();
  const int64_t n = batch.dim[0];
  const int64_t pieces = std::clamp<int64_t>(builder.tuning.items / n, 1, ceil_div(batch.dim[1] * batch.dim[2], 4));
  builder.call("augment.cl", "augment")
      .buffer(StepBuilder::place(data), 1)
      .buffer(indices.value_or(StepBuilder::place(batch)))
      .buffer(StepBuilder::place(builder.src(2)))
      .buffer(StepBuilder::place(batch))
      .wide(attrs.seed)
      .wide(attrs.first_row)
      .unsigned_number(attrs.stream)
      .number(attrs.mirror)
      .number(attrs.max_shift)
      .real(attrs.scale)
      .real(attrs.shift)
      .number(indices ? 1 : 0)
      .number(indices ? builder.src(1).dim[0] / n : 0)
      .number(data.dim[0])
      .number(n)
      .number(batch.dim[1])
      .number(batch.dim[2])
      .number(batch.dim[3])
      .number(pieces)
      .items(n * pieces);
}

}  // namespace sateen::opencl
