// What the rules of the operations are written in: an operation with its tensors, and the checks that several kinds share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sateen/backend.h"
#include "sateen/sdk/failure.hpp"
#include "sateen/sdk/graph_parts.hpp"
#include "sateen/sdk/window_shapes.hpp"

namespace sateen::sdk::detail {

/// One operation while it is held against its page. Its checks throw Failure(INVALID) with the operation's name.
class OpCheck {
 public:
  OpCheck(const Op& op, const std::vector<Tensor>& tensors) : op_(op), tensors_(tensors) {}

  /// A tensor that has to be there.
  const Tensor& src(size_t i) const { return tensors_[op_.src[i]]; }
  const Tensor& dst(size_t i) const { return tensors_[op_.dst[i]]; }
  /// One that may be missing: null then.
  const Tensor* src_if(size_t i) const { return op_.src[i] == SATEEN_NONE ? nullptr : &src(i); }
  const Tensor* dst_if(size_t i) const { return op_.dst[i] == SATEEN_NONE ? nullptr : &dst(i); }
  template <typename Attrs>
  Attrs attributes() const {
    return op_.attributes<Attrs>();
  }

  void need(bool ok, const char* rule) const {
    if (!ok) throw Failure(SATEEN_INVALID, text(op_.name, ": ", rule));
  }
  void f32(const Tensor& t) const { need(t.dtype == SATEEN_F32, "its tensors are f32"); }
  /// Of an operation without optional tensors.
  void all_f32() const {
    for (size_t i = 0; i < op_.src.size(); ++i) f32(src(i));
    for (size_t i = 0; i < op_.dst.size(); ++i) f32(dst(i));
  }
  /// Every tensor has the shape of the first destination.
  void one_shape() const {
    for (size_t i = 0; i < op_.src.size(); ++i) need(src(i).same_shape(dst(0)), "its tensors have one shape");
    for (size_t i = 1; i < op_.dst.size(); ++i) need(dst(i).same_shape(dst(0)), "its tensors have one shape");
  }

  void cursor(const Tensor& t) const {
    need(t.dtype == SATEEN_I32 && t.rank == 1 && t.dim[0] == 2, "the cursor is i32 [2]");
  }
  /// How many rows of each step's batch count.
  void valid(const Tensor& table, const Tensor& row) const {
    need(table.dtype == SATEEN_I32 && table.rank == 1, "valid is i32 [rows]");
    cursor(row);
  }
  /// The data, the indices into it and the batch, as GATHER has them.
  void samples() const {
    const Tensor& data = src(0);
    const Tensor& batch = dst(0);
    bool same = data.rank == batch.rank;
    for (size_t d = 1; d < SATEEN_MAX_RANK; ++d) same = same && data.dim[d] == batch.dim[d];
    need(same, "data and batch differ in their trailing dims");
    if (const Tensor* indices = src_if(1)) {
      need(indices->dtype == SATEEN_I32 && indices->rank == 1 && indices->dim[0] % batch.dim[0] == 0,
           "indices are i32, a whole number of batches");
    }
  }

  /// A window along one axis.
  void axis(const Axis& a) const {
    need(a.stride >= 1, "a stride is below 1");
    need(a.pad_before >= 0 && a.pad_after >= 0, "a padding is negative");
    need(a.pad_before < a.window && a.pad_after < a.window, "a padding is not smaller than the window");
    const int64_t room = a.size + a.pad_before + a.pad_after - a.window;
    need(room >= 0, "the window is larger than the padded source");
    need(a.out == room / a.stride + 1, "the destination's height or width does not follow from the source's");
  }
  void bias(const Tensor* t, int64_t outputs) const {
    if (t == nullptr) return;
    f32(*t);
    need(t->rank == 1 && t->dim[0] == outputs, "the bias has one value per output channel");
  }
  /// As the first source is: a result or a gradient of it.
  void like_source(const Tensor& t) const {
    f32(t);
    need(t.same_shape(src(0)), "activations and their gradients have one shape");
  }
  /// One value for each channel of the first source.
  void by_channel(const Tensor& t) const {
    f32(t);
    need(t.rank == 1 && t.dim[0] == src(0).dim[src(0).rank - 1], "there is one value per channel of src");
  }

 private:
  const Op& op_;
  const std::vector<Tensor>& tensors_;
};

}  // namespace sateen::sdk::detail
