// The rules of each operation's page in backend.h, once for every backend: what may be missing, dtypes, shapes,
// attributes.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>

#include "sateen/backend.h"
#include "sateen/sdk/failure.hpp"
#include "sateen/sdk/graph_view.hpp"
#include "sateen/sdk/op_shapes.hpp"

namespace sateen::sdk {

namespace detail {

/// One operation under its page.
class OpRules {
 public:
  OpRules(const GraphView& graph, const Op& op) : g_(graph), op_(op) {}

  void check() const {
    switch (op_.kind) {
      case SATEEN_OP_GATHER:
        return gather();
      case SATEEN_OP_CONV2D_FORWARD:
        return conv2d(src(0), src(1), g_.src(op_, 2), dst(0));
      case SATEEN_OP_CONV2D_BACKWARD_DATA:
        return conv2d(dst(0), src(1), nullptr, src(0));
      case SATEEN_OP_CONV2D_BACKWARD_WEIGHTS:
        return conv2d(src(0), dst(0), g_.dst(op_, 1), src(1));
      case SATEEN_OP_MAX_POOL2D_FORWARD:
        return max_pool2d(dst(0), nullptr);
      case SATEEN_OP_MAX_POOL2D_BACKWARD:
        return max_pool2d(src(1), &dst(0));
      case SATEEN_OP_LEAKY_RELU_FORWARD:
      case SATEEN_OP_LEAKY_RELU_BACKWARD:
        return leaky_relu();
      case SATEEN_OP_DENSE_FORWARD:
        return dense(src(0), src(1), g_.src(op_, 2), dst(0));
      case SATEEN_OP_DENSE_BACKWARD_DATA:
        return dense(dst(0), src(1), nullptr, src(0));
      case SATEEN_OP_DENSE_BACKWARD_WEIGHTS:
        return dense(src(0), dst(0), g_.dst(op_, 1), src(1));
      case SATEEN_OP_DROPOUT:
        return dropout();
      case SATEEN_OP_SOFTMAX:
        all_f32();
        need(src(0).rank == 2 && src(0).same_shape(dst(0)), "source and destination are [N][C]");
        return;
      case SATEEN_OP_SOFTMAX_CROSS_ENTROPY:
        return softmax_cross_entropy();
      case SATEEN_OP_ADAM:
        return adam();
      case SATEEN_OP_AUGMENT:
        return augment();
      case SATEEN_OP_BATCH_NORM:
        return batch_norm();
      case SATEEN_OP_BATCH_NORM_TRAIN:
        return batch_norm_train();
      case SATEEN_OP_BATCH_NORM_BACKWARD:
        return batch_norm_backward();
      default:
        return cursor(src(0));  // ADVANCE
    }
  }

 private:
  const Tensor& src(size_t i) const { return *g_.src(op_, i); }
  const Tensor& dst(size_t i) const { return *g_.dst(op_, i); }

  void need(bool ok, const char* rule) const {
    if (!ok) throw Failure(SATEEN_INVALID, text(op_.name, ": ", rule));
  }
  void f32(const Tensor& t) const { need(t.dtype == SATEEN_F32, "its tensors are f32"); }
  void all_f32() const {
    for (size_t i = 0; i < op_.src.size(); ++i) f32(src(i));
    for (size_t i = 0; i < op_.dst.size(); ++i) f32(dst(i));
  }
  void cursor(const Tensor& t) const {
    need(t.dtype == SATEEN_I32 && t.rank == 1 && t.dim[0] == 2, "the cursor is i32 [2]");
  }
  /// How many rows of each step's batch count.
  void valid(const Tensor& table, const Tensor& row) const {
    need(table.dtype == SATEEN_I32 && table.rank == 1, "valid is i32 [rows]");
    cursor(row);
  }

  /// The data, the indices into it and the batch.
  void samples() const {
    const Tensor& data = src(0);
    const Tensor& batch = dst(0);
    bool same = data.rank == batch.rank;
    for (size_t d = 1; d < SATEEN_MAX_RANK; ++d) same = same && data.dim[d] == batch.dim[d];
    need(same, "data and batch differ in their trailing dims");
    if (const Tensor* indices = g_.src(op_, 1)) {
      need(indices->dtype == SATEEN_I32 && indices->rank == 1 && indices->dim[0] % batch.dim[0] == 0,
           "indices are i32, a whole number of batches");
    }
  }

  void gather() const {
    samples();
    const Tensor& data = src(0);
    const Tensor& batch = dst(0);
    if (const Tensor* c = g_.src(op_, 2)) cursor(*c);
    const bool converts = data.dtype == SATEEN_U8 && batch.dtype == SATEEN_F32;
    need(converts || (data.dtype == batch.dtype && data.dtype != SATEEN_U8) ||
             (data.dtype == SATEEN_U8 && batch.dtype == SATEEN_I32),
         "no such conversion");
    const auto a = op_.attributes<sateen_gather_attrs>();
    need(converts || (a.scale == 1.0F && a.shift == 0.0F), "a copy has scale 1 and shift 0");
  }

  void augment() const {
    samples();
    const Tensor& data = src(0);
    need(data.dtype == SATEEN_U8 && dst(0).dtype == SATEEN_F32, "data are u8 and the batch is f32");
    need(data.rank == 4, "images are [count][H][W][C]");
    cursor(src(2));
    const auto a = op_.attributes<sateen_augment_attrs>();
    need(a.mirror <= 1, "mirror is 0 or 1");
    need(a.max_shift >= 0 && a.max_shift < data.dim[1] && a.max_shift < data.dim[2],
         "max_shift is not negative, and less than the height and width");
    need(a.reserved == 0, "a reserved attribute is not 0");
  }

  void axis(const Axis& a) const {
    need(a.stride >= 1, "a stride is below 1");
    need(a.pad_before >= 0 && a.pad_after >= 0, "a padding is negative");
    need(a.pad_before < a.window && a.pad_after < a.window, "a padding is not smaller than the window");
    const int64_t room = a.size + a.pad_before + a.pad_after - a.window;
    need(room >= 0, "the window is larger than the padded source");
    need(a.out == room / a.stride + 1, "the destination's height or width does not follow from the source's");
  }

  void conv2d(const Tensor& from, const Tensor& weights, const Tensor* bias, const Tensor& to) const {
    for (const Tensor* t : {&from, &weights, &to}) {
      f32(*t);
      need(t->rank == 4, "activations are [N][H][W][C] and weights [KH][KW][C][K]");
    }
    const Conv2dShape s = conv2d_shape(from, weights, to, op_.attributes<sateen_conv2d_attrs>());
    need(from.dim[3] == s.c && to.dim[3] == s.k, "the weights' channels are not those of source and destination");
    need(from.dim[0] == to.dim[0], "source and destination differ in batch");
    check_bias(bias, s.k);
    axis(s.y);
    axis(s.x);
  }

  void max_pool2d(const Tensor& to, const Tensor* diff_src) const {
    all_f32();
    need(src(0).rank == 4 && to.rank == 4, "activations are [N][H][W][C]");
    need(src(0).dim[0] == to.dim[0] && src(0).dim[3] == to.dim[3],
         "source and destination differ in batch or channels");
    need(diff_src == nullptr || diff_src->same_shape(src(0)), "diff_src has another shape than src");
    const auto a = op_.attributes<sateen_max_pool2d_attrs>();
    need(a.window_y >= 1 && a.window_x >= 1, "the window is below 1");
    const MaxPool2dShape s = max_pool2d_shape(g_, op_);
    axis(s.y);
    axis(s.x);
  }

  void leaky_relu() const {
    all_f32();
    for (size_t i = 0; i < op_.src.size(); ++i) need(src(i).same_shape(dst(0)), "its tensors have one shape");
    const float alpha = op_.attributes<sateen_leaky_relu_attrs>().alpha;
    need(std::isfinite(alpha) && alpha >= 0, "alpha is finite and not negative");
  }

  void dense(const Tensor& from, const Tensor& weights, const Tensor* bias, const Tensor& to) const {
    for (const Tensor* t : {&from, &weights, &to}) {
      f32(*t);
      need(t->rank == 2, "source is [N][I], weights [I][O], destination [N][O]");
    }
    need(from.dim[0] == to.dim[0], "source and destination differ in batch");
    need(from.dim[1] == weights.dim[0] && to.dim[1] == weights.dim[1],
         "the weights' features are not those of source and destination");
    check_bias(bias, weights.dim[1]);
  }

  void check_bias(const Tensor* bias, int64_t outputs) const {
    if (bias == nullptr) return;
    f32(*bias);
    need(bias->rank == 1 && bias->dim[0] == outputs, "the bias has one value per output channel");
  }

  void dropout() const {
    f32(src(0));
    f32(dst(0));
    cursor(src(1));
    need(src(0).same_shape(dst(0)), "source and destination have one shape");
    const auto a = op_.attributes<sateen_dropout_attrs>();
    need(a.first_element % 4 == 0, "first_element is a multiple of 4");
    need(a.reserved == 0, "a reserved attribute is not 0");
  }

  void softmax_cross_entropy() const {
    const Tensor& logits = src(0);
    const Tensor& labels = src(1);
    const Tensor& log = dst(0);
    f32(logits);
    f32(log);
    need(logits.rank == 2, "logits are [N][C]");
    need(labels.dtype == SATEEN_I32 && labels.rank == 1 && labels.dim[0] == logits.dim[0], "labels are i32 [N]");
    valid(src(2), src(3));
    need(log.rank == 2 && log.dim[0] == src(2).dim[0] && log.dim[1] == 2, "log is [rows][2]");
    if (const Tensor* diff = g_.dst(op_, 1)) {
      f32(*diff);
      need(diff->same_shape(logits), "diff_logits has another shape than logits");
    }
  }

  void adam() const {
    for (size_t i = 0; i < 5; ++i) f32(src(i));
    for (size_t i = 1; i < 4; ++i) need(src(i).same_shape(src(0)), "params, diff, m and v have one shape");
    need(src(4).rank == 1, "lr is [rows]");
    cursor(src(5));
    need(op_.attributes<sateen_adam_attrs>().reserved == 0, "a reserved attribute is not 0");
  }

  /// A tensor as the source is, or with one value a channel of it.
  void like_source(const Tensor& t) const {
    f32(t);
    need(t.same_shape(src(0)), "activations and their gradients have one shape");
  }
  void by_channel(const Tensor& t) const {
    f32(t);
    need(t.rank == 1 && t.dim[0] == src(0).dim[src(0).rank - 1], "there is one value per channel of src");
  }

  void batch_norm_attributes(bool training) const {
    const auto a = op_.attributes<sateen_batch_norm_attrs>();
    need(std::isfinite(a.epsilon) && a.epsilon > 0, "epsilon is finite and above 0");
    need(a.momentum >= 0 && a.momentum <= (training ? 1.0F : 0.0F), "momentum is 0 to 1, and 0 outside training");
  }

  void batch_norm_source() const {
    f32(src(0));
    need(src(0).rank >= 2, "the source is [N][...][C]");
  }

  void batch_norm() const {
    batch_norm_source();
    like_source(dst(0));
    for (size_t i = 1; i < 5; ++i) by_channel(src(i));
    batch_norm_attributes(false);
  }

  void batch_norm_train() const {
    batch_norm_source();
    like_source(dst(0));
    for (size_t i = 1; i < 5; ++i) by_channel(src(i));
    for (size_t i = 1; i < 5; ++i) by_channel(dst(i));
    valid(src(5), src(6));
    batch_norm_attributes(true);
  }

  void batch_norm_backward() const {
    batch_norm_source();
    like_source(src(4));
    if (const Tensor* diff_src = g_.dst(op_, 0)) like_source(*diff_src);
    for (size_t i = 1; i < 4; ++i) by_channel(src(i));
    for (size_t i = 1; i < 3; ++i) by_channel(dst(i));
    valid(src(5), src(6));
  }

  const GraphView& g_;
  const Op& op_;
};

}  // namespace detail

/// Holds an operation against its page. Throws Failure(INVALID) naming the operation and the rule that it breaks. What
/// this header does not know (a kind, a dtype, something of the whole graph) is no broken rule: then it returns why
/// nobody built against this header can do it, and otherwise "".
inline std::string check_op(const GraphView& graph, const Op& op) {
  if (find_op_info(op.kind) == nullptr) return text("operation kind ", op.kind, " is unknown");
  for (const auto* places : {&op.src, &op.dst}) {
    for (const uint32_t t : *places) {
      if (t != SATEEN_NONE && size_of(graph.tensors()[t].dtype) == 0) {
        return text("dtype ", graph.tensors()[t].dtype, " is unknown");
      }
    }
  }
  detail::OpRules(graph, op).check();
  return graph.unsupported();
}

}  // namespace sateen::sdk
