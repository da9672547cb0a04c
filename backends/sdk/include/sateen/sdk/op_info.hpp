// What is known of each kind of operation, by its number: made from the lists of backend.h and from op_rules.hpp.
#pragma once

#include <cstdint>

#include "sateen/backend.h"
#include "sateen/sdk/op_check.hpp"
#include "sateen/sdk/op_rules.hpp"

namespace sateen::sdk {

/// What a kind's page says.
struct OpInfo {
  const char* name;                       ///< "conv2d_forward"; for the life of the process
  uint32_t n_src;                         ///< places for sources
  uint32_t n_dst;                         ///< places for destinations
  uint32_t attrs_size;                    ///< bytes of the page's structure, 0 where it has none
  uint32_t optional_src;                  ///< bit i: source i may be SATEEN_NONE
  uint32_t optional_dst;                  ///< bit i: destination i may be SATEEN_NONE
  uint32_t (*in_place)(uint32_t dst);     ///< the source that this destination has to be, or SATEEN_NONE
  void (*check)(const detail::OpCheck&);  ///< throws Failure(INVALID) where the page is not kept; see check_op
};

/// OpInfo::attrs_size of a kind; 0 also for one that this header does not know.
constexpr uint32_t attrs_size_of(uint32_t kind) {
  struct Row {
    uint32_t kind, size;
  };
#define SATEEN_SDK_SIZE(constant, structure) {constant, sizeof(structure)},
  constexpr Row kRows[] = {SATEEN_FOR_EACH_ATTRS(SATEEN_SDK_SIZE)};
#undef SATEEN_SDK_SIZE
  for (const Row& row : kRows) {
    if (row.kind == kind) return row.size;
  }
  return 0;
}

/// The kind's facts, or null for a kind that this header does not know.
inline const OpInfo* find_op_info(uint32_t kind) {
#define SATEEN_SDK_INFO(constant, number, name, n_src, n_dst) \
  {name,                                                      \
   n_src,                                                     \
   n_dst,                                                     \
   attrs_size_of(constant),                                   \
   detail::OpRules<constant>::optional_src,                   \
   detail::OpRules<constant>::optional_dst,                   \
   detail::OpRules<constant>::in_place,                       \
   detail::OpRules<constant>::check},
  static constexpr OpInfo kInfo[] = {SATEEN_FOR_EACH_OP(SATEEN_SDK_INFO)};
#undef SATEEN_SDK_INFO
  static_assert(sizeof(kInfo) / sizeof(kInfo[0]) == SATEEN_OP_END_ - 1, "kinds count up from 1");
  return kind >= 1 && kind < SATEEN_OP_END_ ? &kInfo[kind - 1] : nullptr;
}

}  // namespace sateen::sdk
