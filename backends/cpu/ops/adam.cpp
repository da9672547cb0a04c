// Adam's update.
#include "op_table.hpp"
#include "ops/cursor.hpp"
#include "ops/pieces.hpp"

namespace sateen::cpu {

template <>
Step Ops::make<SATEEN_OP_ADAM>(StepBuilder& builder) {
  const auto n = static_cast<int64_t>(builder.src(0).elements);
  return [n, &kernels = builder.kernels, name = builder.op().name, rows = builder.src(4).dim[0],
          attrs = builder.op().attributes<sateen_adam_attrs>(), params = StepBuilder::place(builder.src(0)),
          diff = StepBuilder::place(builder.src(1)), m = StepBuilder::place(builder.src(2)),
          v = StepBuilder::place(builder.src(3)), lr = StepBuilder::place(builder.src(4)),
          cursor = StepBuilder::place(builder.src(5))](const RunContext& context) {
    const int64_t row = cursor_row(context, cursor, rows, name);
    const AdamStep step{attrs.beta1, attrs.beta2, attrs.epsilon, context.at<const float>(lr)[row]};
    parallel_pieces(n, kPiece, [&](int64_t begin, int64_t end) {
      kernels.adam(step, context.at(diff) + begin, end - begin, context.at(params) + begin, context.at(m) + begin,
                   context.at(v) + begin);
    });
  };
}

}  // namespace sateen::cpu
