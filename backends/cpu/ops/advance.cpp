// The cursor's step; numbers wrap around rather than overflow.
#include "op_table.hpp"

namespace sateen::cpu {

Step make_advance(StepBuilder& builder) {
  return [cursor = StepBuilder::place(builder.src(0))](const RunContext& context) {
    auto* numbers = context.at<uint32_t>(cursor);
    ++numbers[0];
    ++numbers[1];
  };
}

}  // namespace sateen::cpu
