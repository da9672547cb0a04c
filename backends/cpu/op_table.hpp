// Which function prepares which operation.
#pragma once

#include "sateen/sdk/op_table.hpp"
#include "step.hpp"

namespace sateen::cpu {

/// The operations of this backend, for sdk::find_maker.
struct Ops {
  using Maker = Step (*)(StepBuilder&);
  /// Prepares an operation of this kind. The definitions are in ops/.
  template <uint32_t kind>
  static Step make(StepBuilder& builder);
  /// Kinds that ops/ has no file for. This is the reference, which others rely on: none.
  static constexpr bool lacks(uint32_t /*kind*/) { return false; }
};

#define SATEEN_DECLARE_MAKER(constant, number, name, n_src, n_dst) \
  template <>                                                      \
  Step Ops::make<constant>(StepBuilder & builder);
SATEEN_FOR_EACH_OP(SATEEN_DECLARE_MAKER)
#undef SATEEN_DECLARE_MAKER

}  // namespace sateen::cpu
