// Convolutions: by kernels made for the kind of device, else three passes over sources that were padded first. There the
// gradient by the source is a convolution of diff_dst, zeros between its pixels where there is a stride, with turned weights.
#include "op_table.hpp"
#include "ops/implicit_gemm.hpp"
#include "ops/narrow_convolution.hpp"
#include "ops/pool_route.hpp"
#include "ops/products.hpp"
#include "ops/winograd.hpp"
#include "sateen/sdk/op_shapes.hpp"

namespace sateen::opencl {

namespace {

/// How far a window's last step reaches into the padded source.
int64_t reach(const sdk::Axis& a) {
  return (a.out - 1) * a.stride + a.window;
}

struct Padded {
  Place place;
  Rows rows;
};

/// The source with its border, and the rows that the windows see in it.
Padded pad_source(StepBuilder& builder, Place src, const sdk::Conv2dShape& s) {
  Spread spread;
  spread.n = s.n;
  spread.height = s.y.size;
  spread.width = s.x.size;
  spread.channels = spread.out_channels = s.c;
  spread.out_height = reach(s.y);
  spread.out_width = reach(s.x);
  spread.before_y = s.y.pad_before;
  spread.before_x = s.x.pad_before;
  // Without padding before, a source that is large enough is read as it is.
  const bool enough = s.y.size >= spread.out_height && s.x.size >= spread.out_width;
  if (enough && spread.before_y == 0 && spread.before_x == 0) {
    spread.out_height = s.y.size;
    spread.out_width = s.x.size;
  }
  const int64_t line = spread.out_width * s.c;
  Rows rows;
  rows.n = s.n;
  rows.out_height = s.y.out;
  rows.out_width = s.x.out;
  rows.image = spread.out_height * line;
  rows.line = s.y.stride * line;
  rows.pixel = s.x.stride * s.c;
  rows.runs = s.y.window;
  rows.run_pitch = line;
  rows.run = s.x.window * s.c;
  return {add_pad(builder, src, spread), rows};
}

}  // namespace

template <>
void Ops::make<SATEEN_OP_CONV2D_FORWARD>(StepBuilder& builder) {
  const sdk::Conv2dShape s = sdk::conv2d_shape(builder.graph(), builder.op());
  const Place src = StepBuilder::place(builder.src(0));
  const Place weights = StepBuilder::place(builder.src(1));
  const std::optional<Place> bias = StepBuilder::place(builder.graph().src(builder.op(), 2));
  const bool pooled = builder.group().pool != nullptr;
  if (builder.variant != kDirect && winograd_forward_fits(builder.graph(), builder.tuning, s)) {
    return add_winograd_forward(builder, s);
  }
  if (pooled && narrow_convolution_fits(builder.tuning, s)) return add_narrow_convolution_forward(builder, s);
  const Place dst = pooled ? builder.scratch(s.n * s.y.out * s.x.out * s.k) : builder.result();
  if (!builder.tuning.for_gpu() || !add_gemm_forward(builder, s, src, weights, bias, dst, builder.alpha())) {
    const Padded padded = pad_source(builder, src, s);
    add_product(builder, padded.place, padded.rows, {weights, s.y.window * s.x.window, s.c, s.k, false}, bias, dst,
                builder.alpha());
  }
  if (pooled) add_pool_route_forward(builder, dst);
}

template <>
void Ops::make<SATEEN_OP_CONV2D_BACKWARD_DATA>(StepBuilder& builder) {
  const sdk::Conv2dShape s = sdk::conv2d_shape(builder.graph(), builder.op());
  const Place diff_dst = StepBuilder::place(builder.src(0));
  const Place weights = StepBuilder::place(builder.src(1));
  const Place diff_src = StepBuilder::place(builder.dst(0));
  if (builder.variant != kDirect && winograd_fits(builder.tuning, s.y, s.x, s.k, s.c)) {
    return add_winograd_backward_data(builder, s);
  }
  if (builder.tuning.for_gpu() && add_gemm_backward_data(builder, s, diff_dst, weights, diff_src)) return;
  Spread spread;
  spread.n = s.n;
  spread.height = s.y.out;
  spread.width = s.x.out;
  spread.channels = spread.out_channels = s.k;
  spread.out_height = s.y.size + s.y.window - 1;
  spread.out_width = s.x.size + s.x.window - 1;
  spread.before_y = s.y.window - 1 - s.y.pad_before;
  spread.before_x = s.x.window - 1 - s.x.pad_before;
  spread.step_y = s.y.stride;
  spread.step_x = s.x.stride;
  Rows rows;
  rows.n = s.n;
  rows.out_height = s.y.size;
  rows.out_width = s.x.size;
  rows.pixel = s.k;
  rows.line = spread.out_width * s.k;
  rows.image = spread.out_height * rows.line;
  rows.runs = s.y.window;
  rows.run_pitch = rows.line;
  rows.run = s.x.window * s.k;
  const Place diff = add_pad(builder, diff_dst, spread);
  add_product(builder, diff, rows, {weights, s.y.window * s.x.window, s.k, s.c, true}, std::nullopt, diff_src, 1.0F);
}

template <>
void Ops::make<SATEEN_OP_CONV2D_BACKWARD_WEIGHTS>(StepBuilder& builder) {
  const sdk::Conv2dShape s = sdk::conv2d_shape(builder.graph(), builder.op());
  const Place diff_dst = StepBuilder::place(builder.src(1));
  const Place diff_weights = StepBuilder::place(builder.dst(0));
  const std::optional<Place> diff_bias = StepBuilder::place(builder.graph().dst(builder.op(), 1));
  if (builder.variant == kWinograd && winograd_gradient_fits(builder.tuning, s)) {
    return add_winograd_backward_weights(builder, s);
  }
  if (builder.tuning.for_gpu() &&
      add_gemm_backward_weights(builder, s, StepBuilder::place(builder.src(0)), diff_dst, diff_weights, diff_bias)) {
    return;
  }
  const Padded src = pad_source(builder, StepBuilder::place(builder.src(0)), s);
  add_weights_gradient(builder, src.place, src.rows, diff_dst, s.k, diff_weights, diff_bias);
}

}  // namespace sateen::opencl
