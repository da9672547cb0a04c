// What is known of each operation kind without looking at tensors: name, arity, attributes, what is in place.
#pragma once

#include <cstdint>

#include "sateen/backend.h"

namespace sateen::sdk {

/// What a kind's page says before any tensor is looked at.
struct OpInfo {
  const char* name;       ///< "conv2d_forward"; for the life of the process
  uint32_t n_src;         ///< places for sources
  uint32_t n_dst;         ///< places for destinations
  uint32_t attrs_size;    ///< bytes of the page's structure, 0 where it has none
  uint32_t optional_src;  ///< bit i: source i may be SATEEN_NONE
  uint32_t optional_dst;  ///< bit i: destination i may be SATEEN_NONE
};

/// OpInfo::attrs_size of a kind; 0 also for one that this header does not know.
constexpr uint32_t attrs_size_of(uint32_t kind) {
  switch (kind) {
    case SATEEN_OP_GATHER:
      return sizeof(sateen_gather_attrs);
    case SATEEN_OP_CONV2D_FORWARD:
    case SATEEN_OP_CONV2D_BACKWARD_DATA:
    case SATEEN_OP_CONV2D_BACKWARD_WEIGHTS:
      return sizeof(sateen_conv2d_attrs);
    case SATEEN_OP_MAX_POOL2D_FORWARD:
    case SATEEN_OP_MAX_POOL2D_BACKWARD:
      return sizeof(sateen_max_pool2d_attrs);
    case SATEEN_OP_LEAKY_RELU_FORWARD:
    case SATEEN_OP_LEAKY_RELU_BACKWARD:
      return sizeof(sateen_leaky_relu_attrs);
    case SATEEN_OP_DROPOUT:
      return sizeof(sateen_dropout_attrs);
    case SATEEN_OP_ADAM:
      return sizeof(sateen_adam_attrs);
    case SATEEN_OP_AUGMENT:
      return sizeof(sateen_augment_attrs);
    case SATEEN_OP_BATCH_NORM:
    case SATEEN_OP_BATCH_NORM_TRAIN:
      return sizeof(sateen_batch_norm_attrs);
    default:
      return 0;
  }
}

/// OpInfo::optional_src of a kind.
constexpr uint32_t optional_src_of(uint32_t kind) {
  switch (kind) {
    case SATEEN_OP_GATHER:
      return 1U << 1 | 1U << 2;
    case SATEEN_OP_AUGMENT:
      return 1U << 1;
    case SATEEN_OP_CONV2D_FORWARD:
    case SATEEN_OP_DENSE_FORWARD:
      return 1U << 2;
    default:
      return 0;
  }
}

/// OpInfo::optional_dst of a kind.
constexpr uint32_t optional_dst_of(uint32_t kind) {
  switch (kind) {
    case SATEEN_OP_CONV2D_BACKWARD_WEIGHTS:
    case SATEEN_OP_DENSE_BACKWARD_WEIGHTS:
    case SATEEN_OP_SOFTMAX_CROSS_ENTROPY:
      return 1U << 1;
    case SATEEN_OP_BATCH_NORM_BACKWARD:
      return 1U << 0;
    default:
      return 0;
  }
}

/// The kind's facts, or null for a kind that this header does not know.
inline const OpInfo* find_op_info(uint32_t kind) {
#define SATEEN_SDK_INFO(constant, number, name, n_src, n_dst) \
  {name, n_src, n_dst, attrs_size_of(number), optional_src_of(number), optional_dst_of(number)},
  static constexpr OpInfo kInfo[] = {SATEEN_FOR_EACH_OP(SATEEN_SDK_INFO)};
#undef SATEEN_SDK_INFO
  static_assert(sizeof(kInfo) / sizeof(kInfo[0]) == SATEEN_OP_END_ - 1, "kinds count up from 1");
  return kind >= 1 && kind < SATEEN_OP_END_ ? &kInfo[kind - 1] : nullptr;
}

/// Where the page says "in place": the source that destination `dst` must be the same tensor as, or SATEEN_NONE.
constexpr uint32_t in_place_src(uint32_t kind, uint32_t dst) {
  if (kind == SATEEN_OP_ADVANCE) return 0;
  if (kind == SATEEN_OP_BATCH_NORM_TRAIN) return dst >= 3 ? dst : SATEEN_NONE;  // the running mean and variance
  if (kind != SATEEN_OP_ADAM) return SATEEN_NONE;
  return dst == 0 ? 0 : dst + 1;  // params, m, v are sources 0, 2, 3
}

}  // namespace sateen::sdk
