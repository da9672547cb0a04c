// Which function prepares which operation.
#pragma once

#include "sateen/sdk/op_table.hpp"
#include "step.hpp"

namespace sateen::opencl {

/// The operations of this backend, for sdk::find_maker.
struct Ops {
  using Maker = void (*)(StepBuilder&);
  /// Adds the kernels of an operation of this kind. The definitions are in ops/.
  template <uint32_t kind>
  static void make(StepBuilder& builder);
  /// Kinds that ops/ has no file for: they run on cpu. None.
  static constexpr bool lacks(uint32_t /*kind*/) { return false; }
};

#define SATEEN_DECLARE_MAKER(constant, number, name, n_src, n_dst) \
  template <>                                                      \
  void Ops::make<constant>(StepBuilder & builder);
SATEEN_FOR_EACH_OP(SATEEN_DECLARE_MAKER)
#undef SATEEN_DECLARE_MAKER

/// A group of kind kBackward.
void make_way_back(StepBuilder& builder);

}  // namespace sateen::opencl
