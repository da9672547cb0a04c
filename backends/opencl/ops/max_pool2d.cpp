// Max-pooling.
#include <algorithm>

#include "op_table.hpp"
#include "sateen/sdk/op_shapes.hpp"

namespace sateen::opencl {

namespace {

/// From the sizes on the parameters of both kernels are the same; `pixels` are those of the destination.
void finish(CallBuilder& call, const StepBuilder& builder, int64_t pixels) {
  const sdk::MaxPool2dShape s = sdk::max_pool2d_shape(builder.graph(), builder.op());
  const Tuning& tuning = builder.tuning;
  const int64_t pieces = std::clamp<int64_t>(tuning.items / pixels, 1, ceil_div(s.c, tuning.lanes));
  const int64_t span = tuning.span(pixels);
  call.number(s.n)
      .number(s.y.size)
      .number(s.x.size)
      .number(s.c)
      .number(s.y.out)
      .number(s.x.out)
      .number(s.y.window)
      .number(s.x.window)
      .number(s.y.stride)
      .number(s.x.stride)
      .number(s.y.pad_before)
      .number(s.x.pad_before)
      .number(pieces)
      .number(span)
      .items(ceil_div(pixels, span) * pieces);
}

}  // namespace

template <>
void Ops::make<SATEEN_OP_MAX_POOL2D_FORWARD>(StepBuilder& builder) {
  CallBuilder call = builder.call("max_pool2d.cl", "max_pool2d_forward");
  call.buffer(StepBuilder::place(builder.src(0))).buffer(StepBuilder::place(builder.dst(0)));
  const sdk::Tensor& dst = builder.dst(0);
  finish(call, builder, dst.dim[0] * dst.dim[1] * dst.dim[2]);
}

template <>
void Ops::make<SATEEN_OP_MAX_POOL2D_BACKWARD>(StepBuilder& builder) {
  const sdk::MaxPool2dShape s = sdk::max_pool2d_shape(builder.graph(), builder.op());
  const bool apart = s.y.stride == s.y.window && s.x.stride == s.x.window;
  CallBuilder call = builder.call("max_pool2d.cl", apart ? "max_pool2d_backward_apart" : "max_pool2d_backward");
  call.buffer(StepBuilder::place(builder.src(0)))
      .buffer(StepBuilder::place(builder.src(1)))
      .buffer(StepBuilder::place(builder.dst(0)));
  finish(call, builder, apart ? s.n * s.y.out * s.x.out : s.n * s.y.size * s.x.size);
}

}  // namespace sateen::opencl
