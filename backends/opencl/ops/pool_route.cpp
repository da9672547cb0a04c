// Max-pooling and dropout behind a convolution's LeakyReLU, and the way back through the three.
#include "ops/pool_route.hpp"

#include "op_table.hpp"
#include "ops/narrow_convolution.hpp"
#include "sateen/sdk/op_shapes.hpp"

namespace sateen::opencl {

void add_drop_buffers(StepBuilder& builder, CallBuilder& call, Place any) {
  const sdk::Op* dropout = builder.group().dropout;
  call.buffer(dropout != nullptr ? StepBuilder::place(*builder.graph().src(*dropout, 1)) : any)
      .buffer(builder.result())
      .buffer(builder.route().value_or(any), 1);
}

void add_drop_numbers(const StepBuilder& builder, CallBuilder& call) {
  const sdk::Op* dropout = builder.group().dropout;
  const auto attrs = dropout != nullptr ? dropout->attributes<sateen_dropout_attrs>() : sateen_dropout_attrs{};
  call.number(dropout != nullptr ? 1 : 0)
      .wide(attrs.seed)
      .wide(attrs.first_element / 4)
      .unsigned_number(attrs.stream)
      .unsigned_number(attrs.threshold)
      .real(attrs.scale)
      .number(builder.route() ? 1 : 0);
}

void add_pool_route_forward(StepBuilder& builder, Place src) {
  const sdk::MaxPool2dShape s = sdk::max_pool2d_shape(builder.graph(), *builder.group().pool);
  const int64_t pixels = s.n * s.y.out * s.x.out;
  const int64_t blocks = s.c / builder.tuning.width();
  const int64_t span = builder.tuning.span(pixels * blocks);
  CallBuilder call = builder.call("pool_route.cl", "pool_route_forward");
  call.buffer(src);
  add_drop_buffers(builder, call, src);
  call.number(s.n).number(s.y.size).number(s.x.size).number(s.c).number(s.y.out).number(s.x.out);
  add_drop_numbers(builder, call);
  call.number(span).items(ceil_div(pixels, span) * blocks);
}

float dropout_scale(const Group& group) {
  return group.dropout != nullptr ? group.dropout->attributes<sateen_dropout_attrs>().scale : 1.0F;
}

void make_way_back(StepBuilder& builder) {
  const Group& group = builder.group();
  if (group.weights_gradient != nullptr) return make_narrow_convolution_gradient(builder);
  const sdk::MaxPool2dShape s = sdk::max_pool2d_shape(builder.graph(), *group.pool);
  const int64_t pixels = s.n * s.y.out * s.x.out;
  const int64_t blocks = s.c / builder.tuning.width();
  const int64_t span = builder.tuning.span(pixels * blocks);
  builder.call("pool_route.cl", "pool_route_backward")
      .buffer(builder.pooled_diff())
      .buffer(*builder.route(), 1)
      .buffer(builder.result())
      .number(s.n)
      .number(s.y.size)
      .number(s.x.size)
      .number(s.c)
      .number(s.y.out)
      .number(s.x.out)
      .real(dropout_scale(group))
      .real(builder.alpha())
      .number(span)
      .items(ceil_div(pixels, span) * blocks);
}

}  // namespace sateen::opencl
