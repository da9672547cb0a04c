// The sizes of sliding windows under the names that the pages of CONV2D and MAX_POOL2D use.
#pragma once

#include <cstdint>

#include "sateen/backend.h"
#include "sateen/sdk/graph_parts.hpp"

namespace sateen::sdk {

/// One axis of a convolution or a pool.
struct Axis {
  int64_t size = 0;        ///< of the source
  int64_t window = 0;      ///< of the kernel or the pool
  int64_t stride = 1;      ///< from one window to the next
  int64_t pad_before = 0;  ///< at the top or the left
  int64_t pad_after = 0;   ///< at the bottom or the right
  int64_t out = 0;         ///< (size + pad_before + pad_after − window) / stride + 1, rounded down
};

/// A convolution's numbers, the same for its three operations.
struct Conv2dShape {
  int64_t n = 0;  ///< batch
  int64_t c = 0;  ///< input channels
  int64_t k = 0;  ///< output channels
  Axis y;         ///< rows
  Axis x;         ///< columns
};

/// A pool's numbers, the same forward and backward.
struct MaxPool2dShape {
  int64_t n = 0;  ///< batch
  int64_t c = 0;  ///< channels
  Axis y;         ///< rows
  Axis x;         ///< columns
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

/// src: the source; dst: the destination, or its gradient.
inline MaxPool2dShape max_pool2d_shape(const Tensor& src, const Tensor& dst, const sateen_max_pool2d_attrs& a) {
  return {src.dim[0],
          src.dim[3],
          {src.dim[1], a.window_y, a.stride_y, a.pad_top, a.pad_bottom, dst.dim[1]},
          {src.dim[2], a.window_x, a.stride_x, a.pad_left, a.pad_right, dst.dim[2]}};
}

}  // namespace sateen::sdk
