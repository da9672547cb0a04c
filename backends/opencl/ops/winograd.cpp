// Preparing the kernels of winograd.cl.
#include "ops/winograd.hpp"

#include <algorithm>
#include <array>

namespace sateen::opencl {

namespace {

constexpr int64_t kPositions = 36;
/// Floats that transformed weights, or a gradient's sums and scratch, may take: with more channels direct kernels do.
constexpr int64_t kMostFloats = int64_t{16} << 20;

/// A convolution as the kernel sees it: in the way back source and result have changed places.
struct Pass {
  int64_t n = 0;
  int64_t height = 0, width = 0, channels = 0;
  int64_t out_height = 0, out_width = 0, columns = 0;
  int64_t pad_top = 0, pad_left = 0;
  bool turned = false;
};

/// How the sums over all tiles are divided among work-items.
struct Division {
  int64_t parts, groups;  ///< of tiles, of columns
  int64_t scratch, sums;  ///< floats
  int64_t floats() const { return scratch + sums; }
};

/// The sums of a work-item should stay in its core's cache: wide results are computed in groups of columns. How many parts
/// there are depends on the shape alone, since they are added up in order.
Division divide(const Tuning& tuning, const sdk::Conv2dShape& s) {
  constexpr int64_t kSums = 96 * 1024;
  constexpr int64_t kMostParts = 16;
  const int64_t tiles = s.n * ceil_div(s.y.out, 4) * ceil_div(s.x.out, 4);
  int64_t groups = 1;
  while (kPositions * s.c * s.k / groups > kSums && s.k / groups % (2 * tuning.width()) == 0) groups *= 2;
  const auto plane = [&](int64_t channels) { return channels * tuning.gradient_tiles + tuning.lanes; };
  const int64_t scratch = groups * kPositions * (plane(s.c) + plane(s.k / groups));
  const int64_t sums = kPositions * s.c * s.k;
  const int64_t most = std::clamp<int64_t>(kMostFloats / (scratch + sums), 1, kMostParts);
  const int64_t parts = std::clamp<int64_t>(tiles / (tuning.gradient_tiles * 4), 1, most);
  return {parts, groups, parts * scratch, parts * sums};
}

void add_pass(StepBuilder& builder, const Pass& pass, Place src, std::optional<Place> bias, Place dst) {
  const Tuning& tuning = builder.tuning;
  const Place weights = builder.scratch(kPositions * pass.channels * pass.columns);
  const int64_t rows = pass.channels * (pass.columns / tuning.width());
  const int64_t rows_span = tuning.span(rows);
  builder.call("winograd.cl", "winograd_weights")
      .buffer(StepBuilder::place(builder.src(1)))
      .buffer(weights)
      .number(pass.channels)
      .number(pass.columns)
      .number(pass.turned ? 1 : 0)
      .number(rows_span)
      .items(ceil_div(rows, rows_span));

  const int64_t tiles = pass.n * ceil_div(pass.out_height, 4) * ceil_div(pass.out_width, 4);
  const int64_t block = tuning.winograd_tiles;
  // As many as keep the cores busy to the end, and no more: their scratch should stay in the caches.
  const int64_t items = std::min<int64_t>(ceil_div(tiles, block), tuning.winograd_items);
  const int64_t plane = pass.channels * block + tuning.lanes + tuning.width() * block + tuning.lanes;
  const Place scratch = builder.scratch(items * kPositions * plane);
  const sdk::Op* pool = builder.group().pool;
  const sdk::Tensor* pooled = pool != nullptr ? builder.graph().dst(*pool, 0) : nullptr;
  builder.call("winograd.cl", "winograd")
      .buffer(src)
      .buffer(weights)
      .buffer(bias.value_or(weights))
      .buffer(scratch)
      .buffer(dst)
      .number(pass.n)
      .number(pass.height)
      .number(pass.width)
      .number(pass.channels)
      .number(pass.out_height)
      .number(pass.out_width)
      .number(pass.columns)
      .number(pass.pad_top)
      .number(pass.pad_left)
      .number(bias ? 1 : 0)
      .real(builder.alpha())
      .number(pool != nullptr ? 1 : 0)
      .number(pool != nullptr ? pooled->dim[1] : 0)
      .number(pool != nullptr ? pooled->dim[2] : 0)
      .number(items)
      .items(items);
}

}  // namespace

bool winograd_fits(const Tuning& tuning, const sdk::Axis& y, const sdk::Axis& x, int64_t channels, int64_t columns) {
  const auto three = [](const sdk::Axis& a) { return a.window == 3 && a.stride == 1; };
  return !tuning.for_gpu() && three(y) && three(x) && channels % tuning.lanes == 0 && columns % tuning.width() == 0 &&
         channels <= kMostFloats / kPositions / columns;
}

bool winograd_forward_fits(const sdk::GraphView& graph, const Tuning& tuning, const sdk::Conv2dShape& s) {
  constexpr std::array<uint32_t, 4> kOfTraining = {SATEEN_OP_CONV2D_BACKWARD_WEIGHTS, SATEEN_OP_CONV2D_BACKWARD_DATA,
                                                   SATEEN_OP_MAX_POOL2D_BACKWARD, SATEEN_OP_DROPOUT};
  const bool trains = std::any_of(graph.ops().begin(), graph.ops().end(), [&](const sdk::Op& op) {
    return std::find(kOfTraining.begin(), kOfTraining.end(), op.kind) != kOfTraining.end();
  });
  return !trains && winograd_fits(tuning, s.y, s.x, s.c, s.k);
}

bool winograd_gradient_fits(const Tuning& tuning, const sdk::Conv2dShape& s) {
  return winograd_fits(tuning, s.y, s.x, s.c, s.k) && divide(tuning, s).floats() <= kMostFloats;
}

void add_winograd_forward(StepBuilder& builder, const sdk::Conv2dShape& s) {
  Pass pass{s.n, s.y.size, s.x.size, s.c, s.y.out, s.x.out, s.k, s.y.pad_before, s.x.pad_before, false};
  add_pass(builder, pass, StepBuilder::place(builder.src(0)), StepBuilder::place(builder.graph().src(builder.op(), 2)),
           builder.result());
}

void add_winograd_backward_data(StepBuilder& builder, const sdk::Conv2dShape& s) {
  Pass pass{s.n,
            s.y.out,
            s.x.out,
            s.k,
            s.y.size,
            s.x.size,
            s.c,
            s.y.window - 1 - s.y.pad_before,
            s.x.window - 1 - s.x.pad_before,
            true};
  add_pass(builder, pass, StepBuilder::place(builder.src(0)), std::nullopt, StepBuilder::place(builder.dst(0)));
}

void add_winograd_backward_weights(StepBuilder& builder, const sdk::Conv2dShape& s) {
  const Tuning& tuning = builder.tuning;
  const auto [parts, groups, scratch_floats, sum_floats] = divide(tuning, s);
  const Place scratch = builder.scratch(scratch_floats);
  const Place sums = builder.scratch(sum_floats);
  const Place bias_sums = builder.scratch(parts * s.k);
  builder.call("winograd_gradient.cl", "winograd_gradient")
      .buffer(StepBuilder::place(builder.src(0)))
      .buffer(StepBuilder::place(builder.src(1)))
      .buffer(scratch)
      .buffer(sums)
      .buffer(bias_sums)
      .number(s.n)
      .number(s.y.size)
      .number(s.x.size)
      .number(s.c)
      .number(s.y.out)
      .number(s.x.out)
      .number(s.k)
      .number(s.y.pad_before)
      .number(s.x.pad_before)
      .number(parts)
      .number(groups)
      .items(parts * groups);
  const std::optional<Place> diff_bias = StepBuilder::place(builder.graph().dst(builder.op(), 1));
  const int64_t vectors = s.c * (s.k / tuning.lanes);
  const int64_t span = tuning.span(vectors);
  builder.call("winograd_gradient.cl", "winograd_gradient_gather")
      .buffer(sums)
      .buffer(bias_sums)
      .buffer(StepBuilder::place(builder.dst(0)))
      .buffer(diff_bias.value_or(StepBuilder::place(builder.dst(0))))
      .number(s.c)
      .number(s.k)
      .number(parts)
      .number(groups)
      .number(diff_bias ? 1 : 0)
      .number(span)
      .items(ceil_div(vectors, span));
}

}  // namespace sateen::opencl
