// Dropout: the mask is drawn anew from Philox in each direction.
#include "op_table.hpp"
#include "ops/pieces.hpp"

namespace sateen::cpu {

template <>
Step Ops::make<SATEEN_OP_DROPOUT>(StepBuilder& builder) {
  const auto n = static_cast<int64_t>(builder.dst(0).elements);
  return [n, &kernels = builder.kernels, attrs = builder.op().attributes<sateen_dropout_attrs>(),
          src = StepBuilder::place(builder.src(0)), cursor = StepBuilder::place(builder.src(1)),
          dst = StepBuilder::place(builder.dst(0))](const RunContext& context) {
    DropoutDraw draw{};
    draw.random = {{static_cast<uint32_t>(attrs.seed), static_cast<uint32_t>(attrs.seed >> 32)},
                   static_cast<uint32_t>(context.at<const int32_t>(cursor)[1]),
                   attrs.stream};
    draw.threshold = attrs.threshold;
    draw.scale = attrs.scale;
    parallel_pieces(n, kPiece, [&](int64_t begin, int64_t end) {
      DropoutDraw piece = draw;
      piece.group = (attrs.first_element + static_cast<uint64_t>(begin)) / 4;
      kernels.dropout(piece, context.at(src) + begin, end - begin, context.at(dst) + begin);
    });
  };
}

}  // namespace sateen::cpu
