// The cursor's step; numbers wrap around rather than overflow.
#include "op_table.hpp"

namespace sateen::cpu {

template <>
Step Ops::make<SATEEN_OP_ADVANCE>(StepBuilder& builder) {
  return [cursor = StepBuilder::place(builder.src(0))](const RunContext& context) {
    auto* numbers = context.at<uint32_t>(cursor);
    ++numbers[0];
    ++numbers[1];
  };
}

}  // namespace sateen::cpu
