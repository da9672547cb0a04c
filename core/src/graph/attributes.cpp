// The operations and the fields of their attributes by name.
#include "graph/attributes.hpp"

#include <type_traits>

#include "sateen/backend.h"

namespace sateen {

namespace {

template <typename T>
constexpr AttributeField::Type type_of() {
  using Type = AttributeField::Type;
  if constexpr (std::is_same_v<T, int32_t>) return Type::kI32;
  if constexpr (std::is_same_v<T, uint32_t>) return Type::kU32;
  if constexpr (std::is_same_v<T, uint64_t>) return Type::kU64;
  if constexpr (std::is_same_v<T, float>) return Type::kF32;
}

#define FIELD(attrs, field)                                             \
  AttributeField {                                                      \
#field, type_of < decltype(attrs::field)>(), offsetof(attrs, field) \
  }

constexpr AttributeField kGather[] = {FIELD(sateen_gather_attrs, scale), FIELD(sateen_gather_attrs, shift)};
constexpr AttributeField kConv2D[] = {
    FIELD(sateen_conv2d_attrs, stride_y), FIELD(sateen_conv2d_attrs, stride_x),   FIELD(sateen_conv2d_attrs, pad_top),
    FIELD(sateen_conv2d_attrs, pad_left), FIELD(sateen_conv2d_attrs, pad_bottom), FIELD(sateen_conv2d_attrs, pad_right),
};
constexpr AttributeField kMaxPool2D[] = {
    FIELD(sateen_max_pool2d_attrs, window_y),   FIELD(sateen_max_pool2d_attrs, window_x),
    FIELD(sateen_max_pool2d_attrs, stride_y),   FIELD(sateen_max_pool2d_attrs, stride_x),
    FIELD(sateen_max_pool2d_attrs, pad_top),    FIELD(sateen_max_pool2d_attrs, pad_left),
    FIELD(sateen_max_pool2d_attrs, pad_bottom), FIELD(sateen_max_pool2d_attrs, pad_right),
};
constexpr AttributeField kLeakyRelu[] = {FIELD(sateen_leaky_relu_attrs, alpha)};
constexpr AttributeField kDropout[] = {
    FIELD(sateen_dropout_attrs, seed),   FIELD(sateen_dropout_attrs, first_element),
    FIELD(sateen_dropout_attrs, stream), FIELD(sateen_dropout_attrs, threshold),
    FIELD(sateen_dropout_attrs, scale),  FIELD(sateen_dropout_attrs, reserved),
};
constexpr AttributeField kAdam[] = {FIELD(sateen_adam_attrs, beta1), FIELD(sateen_adam_attrs, beta2),
                                    FIELD(sateen_adam_attrs, epsilon), FIELD(sateen_adam_attrs, reserved)};
constexpr AttributeField kAugment[] = {
    FIELD(sateen_augment_attrs, seed),   FIELD(sateen_augment_attrs, first_row), FIELD(sateen_augment_attrs, stream),
    FIELD(sateen_augment_attrs, mirror), FIELD(sateen_augment_attrs, max_shift), FIELD(sateen_augment_attrs, scale),
    FIELD(sateen_augment_attrs, shift),  FIELD(sateen_augment_attrs, reserved),
};
constexpr AttributeField kBatchNorm[] = {FIELD(sateen_batch_norm_attrs, epsilon),
                                         FIELD(sateen_batch_norm_attrs, momentum)};
#undef FIELD

struct Attributes {
  std::span<const AttributeField> fields;
  size_t size = 0;
};

constexpr Attributes attributes_of(uint32_t kind) {
  switch (kind) {
    case SATEEN_OP_GATHER:
      return {kGather, sizeof(sateen_gather_attrs)};
    case SATEEN_OP_CONV2D_FORWARD:
    case SATEEN_OP_CONV2D_BACKWARD_DATA:
    case SATEEN_OP_CONV2D_BACKWARD_WEIGHTS:
      return {kConv2D, sizeof(sateen_conv2d_attrs)};
    case SATEEN_OP_MAX_POOL2D_FORWARD:
    case SATEEN_OP_MAX_POOL2D_BACKWARD:
      return {kMaxPool2D, sizeof(sateen_max_pool2d_attrs)};
    case SATEEN_OP_LEAKY_RELU_FORWARD:
    case SATEEN_OP_LEAKY_RELU_BACKWARD:
      return {kLeakyRelu, sizeof(sateen_leaky_relu_attrs)};
    case SATEEN_OP_DROPOUT:
      return {kDropout, sizeof(sateen_dropout_attrs)};
    case SATEEN_OP_ADAM:
      return {kAdam, sizeof(sateen_adam_attrs)};
    case SATEEN_OP_AUGMENT:
      return {kAugment, sizeof(sateen_augment_attrs)};
    case SATEEN_OP_BATCH_NORM:
    case SATEEN_OP_BATCH_NORM_TRAIN:
      return {kBatchNorm, sizeof(sateen_batch_norm_attrs)};
    default:
      return {};
  }
}

}  // namespace

const OpPage* find_op_page(uint32_t kind) {
#define PAGE(constant, number, name, n_src, n_dst) {name, attributes_of(number).fields, attributes_of(number).size},
  static constexpr OpPage kPages[] = {SATEEN_FOR_EACH_OP(PAGE)};
#undef PAGE
  static_assert(sizeof kPages / sizeof kPages[0] == SATEEN_OP_END_ - 1, "kinds count up from 1");
  return kind >= 1 && kind < SATEEN_OP_END_ ? &kPages[kind - 1] : nullptr;
}

}  // namespace sateen
