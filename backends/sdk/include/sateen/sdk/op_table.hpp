// From the kind of an operation to the function of a backend that prepares it.
#pragma once

#include <cstdint>

#include "sateen/backend.h"

namespace sateen::sdk {

/// What Device::unsupported says of a kind that find_maker has nothing for.
inline constexpr const char* kNoSuchOperation = "the backend has no such operation";

/// Ops::make<kind>, or null for a kind that the backend lacks or that this header does not know. Ops is the backend's:
/// @code{.unparsed}
/// struct Ops {
///   using Maker = Step (*)(StepBuilder&);
///   template <uint32_t kind>
///   static Step make(StepBuilder& builder);         // specialised for each kind, which backends do in a file a kind
///   static constexpr bool lacks(uint32_t kind);     // kinds that it is not specialised for: they run on another backend
/// };
/// @endcode
template <typename Ops>
constexpr typename Ops::Maker find_maker(uint32_t kind) {
  switch (kind) {
#define SATEEN_SDK_MAKER(constant, number, name, n_src, n_dst)                \
  case constant:                                                              \
    if constexpr (!Ops::lacks(constant)) return Ops::template make<constant>; \
    break;
    SATEEN_FOR_EACH_OP(SATEEN_SDK_MAKER)
#undef SATEEN_SDK_MAKER
    default:
      break;
  }
  return nullptr;
}

}  // namespace sateen::sdk
