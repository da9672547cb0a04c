// Putting an operation in words.
#include "op_key.hpp"

#include <string_view>

#include "sateen/sdk/op_info.hpp"

namespace sateen::opencl {

namespace {

std::string tensor_text(const sdk::Tensor* tensor) {
  if (tensor == nullptr) return " -";
  std::string text = tensor->dtype == SATEEN_F32 ? " " : tensor->dtype == SATEEN_I32 ? " i32:" : " u8:";
  for (uint32_t i = 0; i < tensor->rank; ++i) text += (i > 0 ? "x" : "") + std::to_string(tensor->dim[i]);
  return text;
}

template <typename Attrs>
std::string window_text(const Attrs& a) {
  return sdk::text(" stride ", a.stride_y, "x", a.stride_x, " pad ", a.pad_top, ",", a.pad_left, ",", a.pad_bottom, ",",
                   a.pad_right);
}

std::string attributes_text(const sdk::Op& op) {
  switch (op.kind) {
    case SATEEN_OP_CONV2D_FORWARD:
    case SATEEN_OP_CONV2D_BACKWARD_DATA:
    case SATEEN_OP_CONV2D_BACKWARD_WEIGHTS:
      return window_text(op.attributes<sateen_conv2d_attrs>());
    case SATEEN_OP_MAX_POOL2D_FORWARD:
    case SATEEN_OP_MAX_POOL2D_BACKWARD: {
      const auto a = op.attributes<sateen_max_pool2d_attrs>();
      return sdk::text(" window ", a.window_y, "x", a.window_x) + window_text(a);
    }
    default:  // numbers that change no time
      return {};
  }
}

}  // namespace

std::string op_key(const sdk::GraphView& graph, const sdk::Op& op) {
  std::string key = sdk::find_op_info(op.kind)->name;
  for (size_t i = 0; i < op.src.size(); ++i) key += tensor_text(graph.src(op, i));
  key += " ->";
  for (size_t i = 0; i < op.dst.size(); ++i) key += tensor_text(graph.dst(op, i));
  return key + attributes_text(op);
}

}  // namespace sateen::opencl
