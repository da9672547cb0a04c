// Preparing the kernels of narrow_convolution.cl.
#include "ops/narrow_convolution.hpp"

#include <algorithm>

#include "ops/pool_route.hpp"

namespace sateen::opencl {

namespace {

struct Work {
  int64_t blocks, parts;
  Place scratch;  ///< a picture with its border for each work-item
};

/// Parts depend on the shape alone, since what they give is added up in order.
Work divide(StepBuilder& builder, const sdk::Conv2dShape& s, const sdk::Tensor& pooled) {
  constexpr int64_t kMostParts = 32;
  Work work{s.k / builder.tuning.width(), std::min(s.n, kMostParts), {}};
  const int64_t picture = (2 * pooled.dim[1] + 2) * (2 * pooled.dim[2] + 2) * s.c;
  work.scratch = builder.scratch(work.parts * work.blocks * picture);
  return work;
}

}  // namespace

bool narrow_convolution_fits(const Tuning& tuning, const sdk::Conv2dShape& s) {
  constexpr int64_t kMostChannels = 4;
  const auto three = [](const sdk::Axis& a) { return a.window == 3 && a.stride == 1; };
  return !tuning.for_gpu() && three(s.y) && three(s.x) && s.c <= kMostChannels && s.k % tuning.width() == 0;
}

void add_narrow_convolution_forward(StepBuilder& builder, const sdk::Conv2dShape& s) {
  const sdk::Tensor& pooled = *builder.graph().dst(*builder.group().pool, 0);
  const Work work = divide(builder, s, pooled);
  const Place src = StepBuilder::place(builder.src(0));
  const std::optional<Place> bias = StepBuilder::place(builder.graph().src(builder.op(), 2));
  CallBuilder call = builder.call("narrow_convolution.cl", "narrow_convolution_forward");
  call.buffer(src).buffer(StepBuilder::place(builder.src(1))).buffer(bias.value_or(src)).buffer(work.scratch);
  add_drop_buffers(builder, call, src);
  call.number(s.n)
      .number(s.y.size)
      .number(s.x.size)
      .number(s.c)
      .number(s.y.out)
      .number(s.x.out)
      .number(s.k)
      .number(s.y.pad_before)
      .number(s.x.pad_before)
      .number(pooled.dim[1])
      .number(pooled.dim[2])
      .number(work.parts)
      .number(bias ? 1 : 0)
      .real(builder.alpha());
  add_drop_numbers(builder, call);
  call.items(work.parts * work.blocks);
}

void make_narrow_convolution_gradient(StepBuilder& builder) {
  const Group& group = builder.group();
  const sdk::GraphView& graph = builder.graph();
  const sdk::Op& gradient = *group.weights_gradient;
  const sdk::Conv2dShape s = sdk::conv2d_shape(graph, gradient);
  const sdk::Tensor& pooled_diff = *graph.src(*group.pool, 1);
  const Work work = divide(builder, s, pooled_diff);
  const int64_t sums = (s.y.window * s.x.window * s.c + 1) * s.k;
  const Place partial = builder.scratch(work.parts * sums);
  builder.call("narrow_convolution.cl", "narrow_convolution_gradient")
      .buffer(StepBuilder::place(*graph.src(gradient, 0)))
      .buffer(builder.pooled_diff())
      .buffer(*builder.route(), 1)
      .buffer(work.scratch)
      .buffer(partial)
      .number(s.n)
      .number(s.y.size)
      .number(s.x.size)
      .number(s.c)
      .number(s.k)
      .number(s.y.pad_before)
      .number(s.x.pad_before)
      .number(pooled_diff.dim[1])
      .number(pooled_diff.dim[2])
      .number(work.parts)
      .real(dropout_scale(group))
      .real(builder.alpha())
      .items(work.parts * work.blocks);
  const Place diff_weights = StepBuilder::place(*graph.dst(gradient, 0));
  const std::optional<Place> diff_bias = StepBuilder::place(graph.dst(gradient, 1));
  builder.call("narrow_convolution.cl", "narrow_convolution_sum")
      .buffer(partial)
      .buffer(diff_weights)
      .buffer(diff_bias.value_or(diff_weights))
      .number(s.c)
      .number(s.k)
      .number(work.parts)
      .number(diff_bias ? 1 : 0)
      .items(ceil_div(sums, builder.tuning.lanes));
}

}  // namespace sateen::opencl
