// Convolutions. Forward and backward-data are one algorithm, a window that slides over a padded image: backward-data
// slides the turned weights over diff_dst, spread out by the stride. Backward-weights sums outer products over pixels,
// in fixed parts of the batch that are added in order.
#include <algorithm>
#include <memory>
#include <optional>

#include "op_table.hpp"
#include "ops/packed_weights.hpp"
#include "ops/sliding.hpp"
#include "sateen/sdk/op_shapes.hpp"

namespace sateen::cpu {

namespace {

Sliding forward_sliding(const sdk::Conv2dShape& s) {
  const auto direction = [](const sdk::Axis& a) {
    return Sliding::Direction{a.size, 1, a.pad_before, a.window, a.stride, a.out};
  };
  return {direction(s.y), direction(s.x), s.c, s.n};
}

Sliding backward_sliding(const sdk::Conv2dShape& s) {
  const auto direction = [](const sdk::Axis& a) {
    return Sliding::Direction{a.out, a.stride, a.window - 1 - a.pad_before, a.window, 1, a.size};
  };
  return {direction(s.y), direction(s.x), s.k, s.n};
}

/// dst = the window's products with the packed weights, plus bias, activated.
Step make_sliding(StepBuilder& builder, const Sliding& sliding, int64_t images, Place src, Place dst,
                  std::optional<Place> bias, PackedWeights weights) {
  builder.thread_scratch(sliding.band_bytes());
  return [=, &kernels = builder.kernels, alpha = builder.leaky_alpha(),
          offsets = sliding.pixel_offsets()](const RunContext& context) {
    const float* packed = weights.pack(context);
    const float* from = context.at(src);
    float* to = context.at(dst);
    const int64_t columns = weights.columns();
    parallel(images * sliding.bands, [&](int64_t task) {
      const int64_t image = task / sliding.bands;
      const int64_t band = task % sliding.bands;
      const int64_t begin = sliding.band_begin(band);
      Multiply job{};
      job.outer = sliding.y.window;
      job.inner = sliding.x.window * sliding.channels;
      job.rows = (sliding.band_end(band) - begin) * sliding.x.out;
      job.a_outer = sliding.row();
      job.a_inner = 1;
      job.b_outer = job.inner * kernels.columns;
      job.b_inner = kernels.columns;
      job.a = sliding.band(band, from + image * sliding.y.size * sliding.x.size * sliding.channels,
                           context.thread_scratch());
      job.row_offset = offsets.data();
      job.dst_row = columns;
      job.leaky = alpha.has_value();
      job.alpha = alpha.value_or(0.0F);
      for (int64_t block = 0; block < weights.blocks(); ++block) {
        const int64_t column = block * kernels.columns;
        job.columns = std::min(kernels.columns, columns - column);
        job.b = packed + block * weights.block_floats();
        job.bias = bias ? context.at(*bias) + column : nullptr;
        job.dst = to + (image * sliding.y.out + begin) * sliding.x.out * columns + column;
        kernels.multiply(job);
      }
    });
  };
}

/// Backward-weights: one partial sum [rows + 1][stride] a part; the last row is the bias's.
class BackwardWeights {
 public:
  explicit BackwardWeights(StepBuilder& builder)
      : kernels_(builder.kernels),
        s_(sdk::conv2d_shape(builder.graph(), builder.op())),
        sliding_(forward_sliding(s_)),
        rows_(s_.y.window * s_.x.window * s_.c),
        blocks_((s_.k - 1) / kernels_.columns + 1),
        stride_(blocks_ * kernels_.columns),
        units_(s_.n * sliding_.bands),
        parts_(std::min(units_, kParts)),
        src_(StepBuilder::place(builder.src(0))),
        diff_dst_(StepBuilder::place(builder.src(1))),
        diff_weights_(StepBuilder::place(builder.dst(0))),
        diff_bias_(StepBuilder::place(builder.graph().dst(builder.op(), 1))) {
    const uint64_t partial = float_bytes(rows_ + 1, stride_);
    partials_ = builder.shared_scratch(sdk::checked_mul(partial, static_cast<uint64_t>(parts_)));
    const uint64_t diff = stride_ == s_.k ? 0 : float_bytes(sliding_.band_rows, s_.x.out, stride_);
    band_floats_ = static_cast<int64_t>(sdk::align_up(sliding_.band_bytes(), kAlignment) / sizeof(float));
    builder.thread_scratch(sdk::checked_add(float_bytes(band_floats_), diff));
    row_offset_.reserve(static_cast<size_t>(rows_));
    for (int64_t ky = 0; ky < s_.y.window; ++ky) {
      for (int64_t i = 0; i < s_.x.window * s_.c; ++i) row_offset_.push_back(ky * sliding_.row() + i);
    }
  }

  void run(const RunContext& context) const {
    parallel(parts_, [&](int64_t part) { sum_part(context, part); });
    float* weights = context.at(diff_weights_);
    const float* partials = context.at(partials_);
    const int64_t part = (rows_ + 1) * stride_;
    // Where rows have no padding the whole is one row.
    const bool whole = stride_ == s_.k;
    const int64_t row = whole ? rows_ * s_.k : s_.k;
    parallel_pieces(whole ? row : rows_, whole ? 4096 : 64, [&](int64_t begin, int64_t end) {
      if (whole) return kernels_.sum_parts(partials + begin, parts_, part, end - begin, weights + begin);
      for (int64_t r = begin; r < end; ++r) {
        kernels_.sum_parts(partials + r * stride_, parts_, part, row, weights + r * row);
      }
    });
    if (diff_bias_) kernels_.sum_parts(partials + rows_ * stride_, parts_, part, s_.k, context.at(*diff_bias_));
  }

 private:
  static constexpr int64_t kParts = 16;

  void sum_part(const RunContext& context, int64_t part) const {
    float* sums = context.at(partials_) + part * (rows_ + 1) * stride_;
    float* scratch = context.thread_scratch();
    const int64_t begin = units_ * part / parts_;
    const int64_t end = units_ * (part + 1) / parts_;
    for (int64_t unit = begin; unit < end; ++unit) {
      const int64_t image = unit / sliding_.bands;
      const int64_t band = unit % sliding_.bands;
      const int64_t first = sliding_.band_begin(band);
      const int64_t pixels = (sliding_.band_end(band) - first) * s_.x.out;
      const float* diff = context.at(diff_dst_) + (image * s_.y.out + first) * s_.x.out * s_.k;
      if (diff_bias_) kernels_.column_sums(diff, pixels, s_.k, s_.k, unit > begin, sums + rows_ * stride_);
      Multiply job{};
      job.outer = sliding_.band_end(band) - first;
      job.inner = s_.x.out;
      job.rows = rows_;
      job.columns = kernels_.columns;
      job.a_outer = s_.y.stride * sliding_.row();
      job.a_inner = s_.x.stride * s_.c;
      job.b_outer = s_.x.out * stride_;
      job.b_inner = stride_;
      job.a = sliding_.band(band, context.at(src_) + image * s_.y.size * s_.x.size * s_.c, scratch);
      job.row_offset = row_offset_.data();
      job.dst_row = stride_;
      job.accumulate = unit > begin;
      const float* padded = stride_ == s_.k ? diff : pad_columns(diff, pixels, scratch + band_floats_);
      for (int64_t block = 0; block < blocks_; ++block) {
        job.b = padded + block * kernels_.columns;
        job.dst = sums + block * kernels_.columns;
        kernels_.multiply(job);
      }
    }
  }

  const float* pad_columns(const float* from, int64_t rows, float* to) const {
    for (int64_t r = 0; r < rows; ++r) {
      std::fill(std::copy(from + r * s_.k, from + (r + 1) * s_.k, to + r * stride_), to + (r + 1) * stride_, 0.0F);
    }
    return to;
  }

  const KernelTable& kernels_;
  sdk::Conv2dShape s_;
  Sliding sliding_;
  int64_t rows_, blocks_, stride_, units_, parts_;
  int64_t band_floats_ = 0;
  Place src_, diff_dst_, diff_weights_;
  std::optional<Place> diff_bias_;
  Scratch partials_;
  std::vector<int64_t> row_offset_;
};

}  // namespace

template <>
Step Ops::make<SATEEN_OP_CONV2D_FORWARD>(StepBuilder& builder) {
  const sdk::Conv2dShape s = sdk::conv2d_shape(builder.graph(), builder.op());
  return make_sliding(
      builder, forward_sliding(s), s.n, StepBuilder::place(builder.src(0)), builder.activated_dst(),
      StepBuilder::place(builder.graph().src(builder.op(), 2)),
      PackedWeights(builder, builder.src(1), s.y.window * s.x.window, s.c, s.k, PackedWeights::Order::kForward));
}

template <>
Step Ops::make<SATEEN_OP_CONV2D_BACKWARD_DATA>(StepBuilder& builder) {
  const sdk::Conv2dShape s = sdk::conv2d_shape(builder.graph(), builder.op());
  return make_sliding(
      builder, backward_sliding(s), s.n, StepBuilder::place(builder.src(0)), StepBuilder::place(builder.dst(0)),
      std::nullopt,
      PackedWeights(builder, builder.src(1), s.y.window * s.x.window, s.c, s.k, PackedWeights::Order::kTurned));
}

template <>
Step Ops::make<SATEEN_OP_CONV2D_BACKWARD_WEIGHTS>(StepBuilder& builder) {
  return [pass = std::make_shared<const BackwardWeights>(builder)](const RunContext& context) { pass->run(context); };
}

}  // namespace sateen::cpu
