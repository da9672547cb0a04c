// Max-pools, an image a task.
#include "op_table.hpp"
#include "sateen/sdk/op_shapes.hpp"

namespace sateen::cpu {

namespace {

PoolImage image_of(const sdk::MaxPool2dShape& s) {
  return {s.y.size,   s.x.size,   s.c,        s.y.out,        s.x.out,       s.y.window,
          s.x.window, s.y.stride, s.x.stride, s.y.pad_before, s.x.pad_before};
}

}  // namespace

template <>
Step Ops::make<SATEEN_OP_MAX_POOL2D_FORWARD>(StepBuilder& builder) {
  const sdk::MaxPool2dShape s = sdk::max_pool2d_shape(builder.graph(), builder.op());
  return [&kernels = builder.kernels, shape = image_of(s), n = s.n, src = StepBuilder::place(builder.src(0)),
          dst = StepBuilder::place(builder.dst(0))](const RunContext& context) {
    const int64_t from = shape.height * shape.width * shape.channels;
    const int64_t to = shape.out_height * shape.out_width * shape.channels;
    parallel(n,
             [&](int64_t i) { kernels.max_pool_forward(shape, context.at(src) + i * from, context.at(dst) + i * to); });
  };
}

template <>
Step Ops::make<SATEEN_OP_MAX_POOL2D_BACKWARD>(StepBuilder& builder) {
  const sdk::MaxPool2dShape s = sdk::max_pool2d_shape(builder.graph(), builder.op());
  return [&kernels = builder.kernels, shape = image_of(s), n = s.n, src = StepBuilder::place(builder.src(0)),
          diff_dst = StepBuilder::place(builder.src(1)),
          diff_src = StepBuilder::place(builder.dst(0))](const RunContext& context) {
    const int64_t from = shape.height * shape.width * shape.channels;
    const int64_t to = shape.out_height * shape.out_width * shape.channels;
    parallel(n, [&](int64_t i) {
      kernels.max_pool_backward(shape, context.at(src) + i * from, context.at(diff_dst) + i * to,
                                context.at(diff_src) + i * from);
    });
  };
}

}  // namespace sateen::cpu
