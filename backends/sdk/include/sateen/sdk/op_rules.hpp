// What the SDK knows of each kind of operation beyond its line in SATEEN_FOR_EACH_OP: one place a kind. Which tensors may
// be missing, what is in place, and the rules of its page about dtypes, shapes and attributes.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "sateen/backend.h"
#include "sateen/sdk/graph_parts.hpp"
#include "sateen/sdk/op_check.hpp"
#include "sateen/sdk/window_shapes.hpp"

namespace sateen::sdk::detail {

/// What holds for a kind unless its own struct says otherwise.
struct OpDefaults {
  static constexpr uint32_t optional_src = 0;  ///< at(i) | … of the sources that may be SATEEN_NONE
  static constexpr uint32_t optional_dst = 0;  ///< likewise of the destinations
  /// Where the page says "in place": the source that destination `dst` must be the same tensor as, or SATEEN_NONE.
  static constexpr uint32_t in_place(uint32_t /*dst*/) { return SATEEN_NONE; }

  static constexpr uint32_t at(uint32_t i) { return 1U << i; }
};

/// One for each kind, with `static void check(const OpCheck&)`: what has to hold.
template <uint32_t kind>
struct OpRules;

template <>
struct OpRules<SATEEN_OP_GATHER> : OpDefaults {
  static constexpr uint32_t optional_src = at(1) | at(2);
  static void check(const OpCheck& op) {
    op.samples();
    const Tensor& data = op.src(0);
    const Tensor& batch = op.dst(0);
    if (const Tensor* cursor = op.src_if(2)) op.cursor(*cursor);
    const bool converts = data.dtype == SATEEN_U8 && batch.dtype == SATEEN_F32;
    op.need(converts || (data.dtype == batch.dtype && data.dtype != SATEEN_U8) ||
                (data.dtype == SATEEN_U8 && batch.dtype == SATEEN_I32),
            "no such conversion");
    const auto a = op.attributes<sateen_gather_attrs>();
    op.need(converts || (a.scale == 1.0F && a.shift == 0.0F), "a copy has scale 1 and shift 0");
  }
};

template <>
struct OpRules<SATEEN_OP_AUGMENT> : OpDefaults {
  static constexpr uint32_t optional_src = at(1);
  static void check(const OpCheck& op) {
    op.samples();
    const Tensor& data = op.src(0);
    op.need(data.dtype == SATEEN_U8 && op.dst(0).dtype == SATEEN_F32, "data are u8 and the batch is f32");
    op.need(data.rank == 4, "images are [count][H][W][C]");
    op.cursor(op.src(2));
    const auto a = op.attributes<sateen_augment_attrs>();
    op.need(a.mirror <= 1, "mirror is 0 or 1");
    op.need(a.max_shift >= 0 && a.max_shift < data.dim[1] && a.max_shift < data.dim[2],
            "max_shift is not negative, and less than the height and width");
    op.need(a.reserved == 0, "a reserved attribute is not 0");
  }
};

/// The three of CONV2D, with the tensors of the forward direction, be they values or gradients.
inline void check_conv2d(const OpCheck& op, const Tensor& from, const Tensor& weights, const Tensor* bias,
                         const Tensor& to) {
  for (const Tensor* t : {&from, &weights, &to}) {
    op.f32(*t);
    op.need(t->rank == 4, "activations are [N][H][W][C] and weights [KH][KW][C][K]");
  }
  const Conv2dShape s = conv2d_shape(from, weights, to, op.attributes<sateen_conv2d_attrs>());
  op.need(from.dim[3] == s.c && to.dim[3] == s.k, "the weights' channels are not those of source and destination");
  op.need(from.dim[0] == to.dim[0], "source and destination differ in batch");
  op.bias(bias, s.k);
  op.axis(s.y);
  op.axis(s.x);
}

template <>
struct OpRules<SATEEN_OP_CONV2D_FORWARD> : OpDefaults {
  static constexpr uint32_t optional_src = at(2);
  static void check(const OpCheck& op) { check_conv2d(op, op.src(0), op.src(1), op.src_if(2), op.dst(0)); }
};

template <>
struct OpRules<SATEEN_OP_CONV2D_BACKWARD_DATA> : OpDefaults {
  static void check(const OpCheck& op) { check_conv2d(op, op.dst(0), op.src(1), nullptr, op.src(0)); }
};

template <>
struct OpRules<SATEEN_OP_CONV2D_BACKWARD_WEIGHTS> : OpDefaults {
  static constexpr uint32_t optional_dst = at(1);
  static void check(const OpCheck& op) { check_conv2d(op, op.src(0), op.dst(0), op.dst_if(1), op.src(1)); }
};

/// Both of MAX_POOL2D; to: the result, or its gradient.
inline void check_max_pool2d(const OpCheck& op, const Tensor& to) {
  op.all_f32();
  const Tensor& src = op.src(0);
  op.need(src.rank == 4 && to.rank == 4, "activations are [N][H][W][C]");
  op.need(src.dim[0] == to.dim[0] && src.dim[3] == to.dim[3], "source and destination differ in batch or channels");
  const auto a = op.attributes<sateen_max_pool2d_attrs>();
  op.need(a.window_y >= 1 && a.window_x >= 1, "the window is below 1");
  const MaxPool2dShape s = max_pool2d_shape(src, to, a);
  op.axis(s.y);
  op.axis(s.x);
}

template <>
struct OpRules<SATEEN_OP_MAX_POOL2D_FORWARD> : OpDefaults {
  static void check(const OpCheck& op) { check_max_pool2d(op, op.dst(0)); }
};

template <>
struct OpRules<SATEEN_OP_MAX_POOL2D_BACKWARD> : OpDefaults {
  static void check(const OpCheck& op) {
    check_max_pool2d(op, op.src(1));
    op.need(op.dst(0).same_shape(op.src(0)), "diff_src has another shape than src");
  }
};

template <>
struct OpRules<SATEEN_OP_LEAKY_RELU_FORWARD> : OpDefaults {
  static void check(const OpCheck& op) {
    op.all_f32();
    op.one_shape();
    const float alpha = op.attributes<sateen_leaky_relu_attrs>().alpha;
    op.need(std::isfinite(alpha) && alpha >= 0, "alpha is finite and not negative");
  }
};

template <>
struct OpRules<SATEEN_OP_LEAKY_RELU_BACKWARD> : OpRules<SATEEN_OP_LEAKY_RELU_FORWARD> {};

/// The three of DENSE, as check_conv2d.
inline void check_dense(const OpCheck& op, const Tensor& from, const Tensor& weights, const Tensor* bias,
                        const Tensor& to) {
  for (const Tensor* t : {&from, &weights, &to}) {
    op.f32(*t);
    op.need(t->rank == 2, "source is [N][I], weights [I][O], destination [N][O]");
  }
  op.need(from.dim[0] == to.dim[0], "source and destination differ in batch");
  op.need(from.dim[1] == weights.dim[0] && to.dim[1] == weights.dim[1],
          "the weights' features are not those of source and destination");
  op.bias(bias, weights.dim[1]);
}

template <>
struct OpRules<SATEEN_OP_DENSE_FORWARD> : OpDefaults {
  static constexpr uint32_t optional_src = at(2);
  static void check(const OpCheck& op) { check_dense(op, op.src(0), op.src(1), op.src_if(2), op.dst(0)); }
};

template <>
struct OpRules<SATEEN_OP_DENSE_BACKWARD_DATA> : OpDefaults {
  static void check(const OpCheck& op) { check_dense(op, op.dst(0), op.src(1), nullptr, op.src(0)); }
};

template <>
struct OpRules<SATEEN_OP_DENSE_BACKWARD_WEIGHTS> : OpDefaults {
  static constexpr uint32_t optional_dst = at(1);
  static void check(const OpCheck& op) { check_dense(op, op.src(0), op.dst(0), op.dst_if(1), op.src(1)); }
};

template <>
struct OpRules<SATEEN_OP_DROPOUT> : OpDefaults {
  static void check(const OpCheck& op) {
    op.f32(op.src(0));
    op.f32(op.dst(0));
    op.cursor(op.src(1));
    op.need(op.src(0).same_shape(op.dst(0)), "source and destination have one shape");
    const auto a = op.attributes<sateen_dropout_attrs>();
    op.need(a.first_element % 4 == 0, "first_element is a multiple of 4");
    op.need(a.reserved == 0, "a reserved attribute is not 0");
  }
};

template <>
struct OpRules<SATEEN_OP_SOFTMAX> : OpDefaults {
  static void check(const OpCheck& op) {
    op.all_f32();
    op.need(op.src(0).rank == 2 && op.src(0).same_shape(op.dst(0)), "source and destination are [N][C]");
  }
};

template <>
struct OpRules<SATEEN_OP_SOFTMAX_CROSS_ENTROPY> : OpDefaults {
  static constexpr uint32_t optional_dst = at(1);
  static void check(const OpCheck& op) {
    const Tensor& logits = op.src(0);
    const Tensor& labels = op.src(1);
    const Tensor& log = op.dst(0);
    op.f32(logits);
    op.f32(log);
    op.need(logits.rank == 2, "logits are [N][C]");
    op.need(labels.dtype == SATEEN_I32 && labels.rank == 1 && labels.dim[0] == logits.dim[0], "labels are i32 [N]");
    op.valid(op.src(2), op.src(3));
    op.need(log.rank == 2 && log.dim[0] == op.src(2).dim[0] && log.dim[1] == 2, "log is [rows][2]");
    if (const Tensor* diff = op.dst_if(1)) {
      op.f32(*diff);
      op.need(diff->same_shape(logits), "diff_logits has another shape than logits");
    }
  }
};

template <>
struct OpRules<SATEEN_OP_ADAM> : OpDefaults {
  // params, m and v are sources 0, 2 and 3.
  static constexpr uint32_t in_place(uint32_t dst) { return dst == 0 ? 0 : dst + 1; }
  static void check(const OpCheck& op) {
    for (size_t i = 0; i < 5; ++i) op.f32(op.src(i));
    for (size_t i = 1; i < 4; ++i) op.need(op.src(i).same_shape(op.src(0)), "params, diff, m and v have one shape");
    op.need(op.src(4).rank == 1, "lr is [rows]");
    op.cursor(op.src(5));
    op.need(op.attributes<sateen_adam_attrs>().reserved == 0, "a reserved attribute is not 0");
  }
};

template <>
struct OpRules<SATEEN_OP_ADVANCE> : OpDefaults {
  static constexpr uint32_t in_place(uint32_t /*dst*/) { return 0; }
  static void check(const OpCheck& op) { op.cursor(op.src(0)); }
};

/// What the two forward ones of BATCH_NORM have in common; most: of the momentum.
inline void check_batch_norm(const OpCheck& op, float most) {
  op.f32(op.src(0));
  op.need(op.src(0).rank >= 2, "the source is [N][...][C]");
  op.like_source(op.dst(0));
  for (size_t i = 1; i < 5; ++i) op.by_channel(op.src(i));
  const auto a = op.attributes<sateen_batch_norm_attrs>();
  op.need(std::isfinite(a.epsilon) && a.epsilon > 0, "epsilon is finite and above 0");
  op.need(a.momentum >= 0 && a.momentum <= most, "momentum is 0 to 1, and 0 outside training");
}

template <>
struct OpRules<SATEEN_OP_BATCH_NORM> : OpDefaults {
  static void check(const OpCheck& op) { check_batch_norm(op, 0.0F); }
};

template <>
struct OpRules<SATEEN_OP_BATCH_NORM_TRAIN> : OpDefaults {
  // The running mean and variance.
  static constexpr uint32_t in_place(uint32_t dst) { return dst >= 3 ? dst : SATEEN_NONE; }
  static void check(const OpCheck& op) {
    check_batch_norm(op, 1.0F);
    for (size_t i = 1; i < 5; ++i) op.by_channel(op.dst(i));
    op.valid(op.src(5), op.src(6));
  }
};

template <>
struct OpRules<SATEEN_OP_BATCH_NORM_BACKWARD> : OpDefaults {
  static constexpr uint32_t optional_dst = at(0);
  static void check(const OpCheck& op) {
    op.f32(op.src(0));
    op.need(op.src(0).rank >= 2, "the source is [N][...][C]");
    op.like_source(op.src(4));
    if (const Tensor* diff_src = op.dst_if(0)) op.like_source(*diff_src);
    for (size_t i = 1; i < 4; ++i) op.by_channel(op.src(i));
    for (size_t i = 1; i < 3; ++i) op.by_channel(op.dst(i));
    op.valid(op.src(5), op.src(6));
  }
};

}  // namespace sateen::sdk::detail
