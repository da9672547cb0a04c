// The sizes of the spatial operations under the names that their pages use.
#pragma once

#include <cstdint>

#include "sateen/backend.h"
#include "sateen/sdk/graph_view.hpp"

namespace sateen::sdk {

/// One axis of a convolution or a pool.
struct Axis {
  int64_t size = 0, window = 0, stride = 1, pad_before = 0, pad_after = 0, out = 0;
};

/// A convolution's numbers, the same for its three operations.
struct Conv2dShape {
  int64_t n = 0, c = 0, k = 0;
  Axis y, x;
};

struct MaxPool2dShape {
  int64_t n = 0, c = 0;
  Axis y, x;
};

/// src, dst: the tensors of the forward direction, be they values or gradients.
inline Conv2dShape conv2d_shape(const Tensor& src, const Tensor& weights, const Tensor& dst,
                                const sateen_conv2d_attrs& a) {
  return {src.dim[0],
          weights.dim[2],
          weights.dim[3],
          {src.dim[1], weights.dim[0], a.stride_y, a.pad_top, a.pad_bottom, dst.dim[1]},
          {src.dim[2], weights.dim[1], a.stride_x, a.pad_left, a.pad_right, dst.dim[2]}};
}

inline Conv2dShape conv2d_shape(const GraphView& g, const Op& op) {
  const auto attrs = op.attributes<sateen_conv2d_attrs>();
  switch (op.kind) {
    case SATEEN_OP_CONV2D_BACKWARD_DATA:
      return conv2d_shape(*g.dst(op, 0), *g.src(op, 1), *g.src(op, 0), attrs);
    case SATEEN_OP_CONV2D_BACKWARD_WEIGHTS:
      return conv2d_shape(*g.src(op, 0), *g.dst(op, 0), *g.src(op, 1), attrs);
    default:
      return conv2d_shape(*g.src(op, 0), *g.src(op, 1), *g.dst(op, 0), attrs);
  }
}

inline MaxPool2dShape max_pool2d_shape(const GraphView& g, const Op& op) {
  const auto a = op.attributes<sateen_max_pool2d_attrs>();
  const Tensor& src = g.tensors()[op.src[0]];
  const Tensor& dst = g.tensors()[op.kind == SATEEN_OP_MAX_POOL2D_FORWARD ? op.dst[0] : op.src[1]];
  return {src.dim[0],
          src.dim[3],
          {src.dim[1], a.window_y, a.stride_y, a.pad_top, a.pad_bottom, dst.dim[1]},
          {src.dim[2], a.window_x, a.stride_x, a.pad_left, a.pad_right, dst.dim[2]}};
}

}  // namespace sateen::sdk
