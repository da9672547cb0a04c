// The sizes of the spatial operations of a graph that was judged.
#pragma once

#include "sateen/backend.h"
#include "sateen/sdk/graph_view.hpp"
#include "sateen/sdk/window_shapes.hpp"

namespace sateen::sdk {

/// Of any of the three operations; check_op has passed it.
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

/// Of either of the two operations; check_op has passed it.
inline MaxPool2dShape max_pool2d_shape(const GraphView& g, const Op& op) {
  const bool forward = op.kind == SATEEN_OP_MAX_POOL2D_FORWARD;
  return max_pool2d_shape(*g.src(op, 0), forward ? *g.dst(op, 0) : *g.src(op, 1),
                          op.attributes<sateen_max_pool2d_attrs>());
}

}  // namespace sateen::sdk
