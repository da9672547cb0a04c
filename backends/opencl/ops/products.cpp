// Preparing the kernels of multiply.cl, weights_gradient.cl and pad.cl.
#include "ops/products.hpp"

#include <algorithm>

namespace sateen::opencl {

namespace {

/// How many parts a long sum is split into: enough work for the device, but no part shorter than 64.
int64_t parts_of(const Tuning& tuning, int64_t length, int64_t items_of_a_part) {
  return std::clamp<int64_t>(ceil_div(tuning.items, items_of_a_part), 1, std::min<int64_t>(ceil_div(length, 64), 256));
}

/// `fill` gets the place where `parts` results of n floats each may lie; they are then added up in order.
template <typename F>
void in_parts(StepBuilder& builder, int64_t parts, int64_t n, Place result, const F& fill) {
  if (parts == 1) return fill(result);
  const Place workspace = builder.scratch(parts * n);
  fill(workspace);
  builder.call("weights_gradient.cl", "sum_parts")
      .buffer(workspace)
      .buffer(result)
      .number(n)
      .number(parts)
      .items(ceil_div(n, builder.tuning.lanes));
}

}  // namespace

void add_product(StepBuilder& builder, Place src, const Rows& rows, const Weights& weights, std::optional<Place> bias,
                 Place dst, float alpha) {
  const Tuning& tuning = builder.tuning;
  const int64_t blocks = ceil_div(weights.columns, tuning.width());
  // A block of columns is one piece of memory where a work-item reads it alone, and a row is where many side by side
  // do.
  const bool alone = tuning.group == 1;
  const int64_t block_stride = alone ? rows.depth() * tuning.width() : tuning.width();
  const int64_t row_stride = alone ? tuning.width() : blocks * tuning.width();
  const Place packed = builder.scratch(rows.depth() * blocks * tuning.width());
  const int64_t pack_span = tuning.span(blocks * rows.depth(), 64);
  builder.call("multiply.cl", "pack")
      .buffer(weights.place)
      .buffer(packed)
      .number(weights.taps)
      .number(weights.inner)
      .number(weights.columns)
      .number(block_stride)
      .number(row_stride)
      .number(weights.turned ? 1 : 0)
      .number(pack_span)
      .items(ceil_div(blocks * rows.depth(), pack_span));
  const int64_t tiles = ceil_div(rows.count(), tuning.tile);
  const int64_t span = std::min<int64_t>(tuning.span(tiles * blocks), tiles);
  builder.call("multiply.cl", "multiply")
      .buffer(src)
      .buffer(packed)
      .buffer(bias.value_or(packed))
      .buffer(dst)
      .number(rows.count())
      .number(rows.out_height)
      .number(rows.out_width)
      .number(rows.image)
      .number(rows.line)
      .number(rows.pixel)
      .number(rows.runs)
      .number(rows.run_pitch)
      .number(rows.run)
      .number(weights.columns)
      .number(block_stride)
      .number(row_stride)
      .number(bias ? 1 : 0)
      .real(alpha)
      .number(span)
      .items(blocks * ceil_div(tiles, span));
}

void add_weights_gradient(StepBuilder& builder, Place src, const Rows& rows, Place diff_dst, int64_t columns,
                          Place diff_weights, std::optional<Place> diff_bias) {
  const Tuning& tuning = builder.tuning;
  const int64_t lines = rows.n * rows.out_height;
  const int64_t blocks = ceil_div(columns, tuning.width());
  Spread whole;
  whole.n = rows.count();
  whole.channels = columns;
  whole.out_channels = blocks * tuning.width();
  const Place diff = add_pad(builder, diff_dst, whole);
  const int64_t items = blocks * ceil_div(rows.depth(), tuning.tile);
  // Each tile of the result goes through all that its part has of source and gradient, which should stay in the last cache.
  constexpr int64_t kMostFloats = int64_t{3} << 19;  // 6 MiB
  const int64_t floats = rows.n * rows.image + rows.count() * columns;
  const int64_t most = std::max<int64_t>(kMostFloats / (rows.depth() * columns), 1);  // their results take memory too
  const int64_t cached = tuning.for_gpu() ? 1 : std::min(ceil_div(floats, kMostFloats), most);
  const int64_t parts = std::min(std::max(parts_of(tuning, rows.count(), items), cached), lines);
  in_parts(builder, parts, rows.depth() * columns, diff_weights, [&](Place out) {
    builder.call("weights_gradient.cl", "weights_gradient")
        .buffer(src)
        .buffer(diff)
        .buffer(out)
        .number(lines)
        .number(rows.out_height)
        .number(rows.out_width)
        .number(rows.image)
        .number(rows.line)
        .number(rows.pixel)
        .number(rows.runs)
        .number(rows.run_pitch)
        .number(rows.run)
        .number(columns)
        .number(whole.out_channels)
        .number(parts)
        .items(parts * items);
  });
  if (diff_bias) add_column_sums(builder, diff_dst, rows.count(), columns, *diff_bias);
}

void add_column_sums(StepBuilder& builder, Place src, int64_t rows, int64_t columns, Place dst) {
  const int64_t vectors = ceil_div(columns, builder.tuning.lanes);
  const int64_t parts = parts_of(builder.tuning, rows, vectors);
  in_parts(builder, parts, columns, dst, [&](Place out) {
    builder.call("weights_gradient.cl", "column_sums")
        .buffer(src)
        .buffer(out)
        .number(rows)
        .number(columns)
        .number(parts)
        .items(parts * vectors);
  });
}

Place add_pad(StepBuilder& builder, Place src, const Spread& s) {
  if (s.changes_nothing()) return src;
  const int64_t pixels = s.n * s.out_height * s.out_width;
  const Place dst = builder.scratch(pixels * s.out_channels);
  const int64_t span = builder.tuning.span(pixels);
  builder.call("pad.cl", "pad")
      .buffer(src)
      .buffer(dst)
      .number(s.n)
      .number(s.height)
      .number(s.width)
      .number(s.channels)
      .number(s.out_height)
      .number(s.out_width)
      .number(s.out_channels)
      .number(s.before_y)
      .number(s.before_x)
      .number(s.step_y)
      .number(s.step_x)
      .number(span)
      .items(ceil_div(pixels, span));
  return dst;
}

}  // namespace sateen::opencl
