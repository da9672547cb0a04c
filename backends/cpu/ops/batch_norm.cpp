// Batch normalisation. Sums go over fixed parts of the batch, which are then put together in order and in double.
#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include "op_table.hpp"
#include "ops/cursor.hpp"

namespace sateen::cpu {

namespace {

constexpr int64_t kPartFloats = 8192;    // of a part at least: what the first cache holds
constexpr int64_t kMostParts = 1024;     // that are put together
constexpr int64_t kChannelsOfTask = 64;  // of these

/// A source as rows of channels, cut into parts.
struct Rows {
  explicit Rows(const sdk::Tensor& src)
      : channels(src.dim[src.rank - 1]),
        rows(static_cast<int64_t>(src.elements) / channels),
        per_sample(rows / src.dim[0]),
        part((std::max({kPartFloats / channels, (rows + kMostParts - 1) / kMostParts, int64_t{1}}) + 7) / 8 * 8),
        parts((rows + part - 1) / part) {}

  int64_t first(int64_t i) const { return i * part; }
  /// How many of the first `count` rows are in part i.
  int64_t size(int64_t i, int64_t count) const { return std::clamp<int64_t>(count - first(i), 0, part); }

  int64_t channels, rows, per_sample;
  int64_t part, parts;
};

/// valid and cursor: how many rows of channels count.
class Counting {
 public:
  Counting(StepBuilder& builder, const Rows& rows)
      : name_(builder.op().name),
        batch_(builder.src(0).dim[0]),
        per_sample_(rows.per_sample),
        table_(builder.src(5).dim[0]),
        valid_(StepBuilder::place(builder.src(5))),
        cursor_(StepBuilder::place(builder.src(6))) {}

  int64_t rows(const RunContext& context) const {
    const int64_t row = cursor_row(context, cursor_, table_, name_);
    return per_sample_ * valid_rows(context, valid_, row, batch_, name_);
  }

 private:
  std::string name_;
  int64_t batch_, per_sample_, table_;
  Place valid_, cursor_;
};

void normalise(const KernelTable& kernels, const Rows& rows, const NormChannels& by, const float* src, float* dst) {
  parallel(rows.parts, [&](int64_t i) {
    const int64_t at = rows.first(i) * rows.channels;
    kernels.normalise(src + at, by, rows.size(i, rows.rows), rows.channels, dst + at);
  });
}

class Training {
 public:
  explicit Training(StepBuilder& builder)
      : kernels_(builder.kernels),
        rows_(builder.src(0)),
        counting_(builder, rows_),
        attrs_(builder.op().attributes<sateen_batch_norm_attrs>()),
        src_(StepBuilder::place(builder.src(0))),
        scale_(StepBuilder::place(builder.src(1))),
        shift_(StepBuilder::place(builder.src(2))),
        dst_(StepBuilder::place(builder.dst(0))),
        mean_(StepBuilder::place(builder.dst(1))),
        inverse_(StepBuilder::place(builder.dst(2))),
        running_mean_(StepBuilder::place(builder.dst(3))),
        running_variance_(StepBuilder::place(builder.dst(4))),
        parts_(builder.shared_scratch(float_bytes(2, rows_.parts, rows_.channels))),
        factor_(builder.shared_scratch(float_bytes(rows_.channels))) {}

  void run(const RunContext& context) const {
    const int64_t count = counting_.rows(context);
    float* parts = context.at(parts_);
    parallel(rows_.parts, [&](int64_t i) {
      float* part = parts + 2 * i * rows_.channels;
      kernels_.channel_moments(context.at(src_) + rows_.first(i) * rows_.channels, context.at(src_),
                               rows_.size(i, count), rows_.channels, part, part + rows_.channels);
    });
    parallel_pieces(rows_.channels, kChannelsOfTask, [&](int64_t begin, int64_t end) {
      for (int64_t c = begin; c < end; ++c) finish(context, parts, count, c);
    });
    normalise(kernels_, rows_, {context.at(mean_), context.at(factor_), context.at(shift_)}, context.at(src_),
              context.at(dst_));
  }

 private:
  /// Puts the parts of a channel together, as channel_moments does with a few rows. Their means are from row 0 on.
  void finish(const RunContext& context, const float* parts, int64_t count, int64_t c) const {
    double mean = 0, squares = 0, n = 0;
    for (int64_t i = 0; i < rows_.parts && rows_.size(i, count) > 0; ++i) {
      const float* part = parts + 2 * i * rows_.channels;
      const auto more = static_cast<double>(rows_.size(i, count));
      const double apart = part[c] - mean;
      mean += apart * more / (n + more);
      squares += part[rows_.channels + c] + apart * apart * n * more / (n + more);
      n += more;
    }
    if (count > 0) mean += context.at(src_)[c];
    double variance = count > 0 ? squares / static_cast<double>(count) : 0;
    // Infinite is NaN from here on: else dst would be shift, and nobody would see it.
    variance += static_cast<double>(0 * static_cast<float>(variance));
    const double inverse = 1 / std::sqrt(variance + static_cast<double>(attrs_.epsilon));
    context.at(mean_)[c] = static_cast<float>(mean);
    context.at(inverse_)[c] = static_cast<float>(inverse);
    context.at(factor_)[c] = context.at(inverse_)[c] * context.at(scale_)[c];
    if (count == 0) return;
    const auto follow = [&](float& running, double now) {
      const auto momentum = static_cast<double>(attrs_.momentum);
      running = static_cast<float>(momentum * running + (1 - momentum) * now);
    };
    follow(context.at(running_mean_)[c], mean);
    follow(context.at(running_variance_)[c], variance);
  }

  const KernelTable& kernels_;
  Rows rows_;
  Counting counting_;
  sateen_batch_norm_attrs attrs_;
  Place src_, scale_, shift_, dst_, mean_, inverse_, running_mean_, running_variance_;
  Scratch parts_, factor_;
};

class Backward {
 public:
  explicit Backward(StepBuilder& builder)
      : kernels_(builder.kernels),
        rows_(builder.src(0)),
        counting_(builder, rows_),
        src_(StepBuilder::place(builder.src(0))),
        scale_(StepBuilder::place(builder.src(1))),
        mean_(StepBuilder::place(builder.src(2))),
        inverse_(StepBuilder::place(builder.src(3))),
        diff_dst_(StepBuilder::place(builder.src(4))),
        diff_src_(StepBuilder::place(builder.graph().dst(builder.op(), 0))),
        diff_scale_(StepBuilder::place(builder.dst(1))),
        diff_shift_(StepBuilder::place(builder.dst(2))),
        parts_(builder.shared_scratch(float_bytes(2, rows_.parts, rows_.channels))),
        terms_(builder.shared_scratch(float_bytes(3, rows_.channels))) {}

  void run(const RunContext& context) const {
    const int64_t count = counting_.rows(context);
    float* parts = context.at(parts_);
    const NormChannels by{context.at(mean_), context.at(inverse_), nullptr};
    parallel(rows_.parts, [&](int64_t i) {
      const int64_t at = rows_.first(i) * rows_.channels;
      float* part = parts + 2 * i * rows_.channels;
      kernels_.normalised_sums(context.at(src_) + at, context.at(diff_dst_) + at, by, rows_.size(i, count),
                               rows_.channels, part, part + rows_.channels);
    });
    parallel_pieces(rows_.channels, kChannelsOfTask, [&](int64_t begin, int64_t end) {
      for (int64_t c = begin; c < end; ++c) finish(context, parts, count, c);
    });
    if (diff_src_) write_diff(context, count);
  }

 private:
  void finish(const RunContext& context, const float* parts, int64_t count, int64_t c) const {
    double sum = 0, product = 0;
    for (int64_t i = 0; i < rows_.parts; ++i) {
      const float* part = parts + 2 * i * rows_.channels;
      sum += part[c];
      product += part[rows_.channels + c];
    }
    context.at(diff_shift_)[c] = static_cast<float>(sum);
    context.at(diff_scale_)[c] = static_cast<float>(product);
    const auto n = static_cast<double>(std::max<int64_t>(count, 1));
    const float inverse = context.at(inverse_)[c];
    float* terms = context.at(terms_);
    terms[c] = inverse * context.at(scale_)[c];
    terms[rows_.channels + c] = static_cast<float>(sum / n);
    terms[2 * rows_.channels + c] = static_cast<float>(inverse * product / n);
  }

  void write_diff(const RunContext& context, int64_t count) const {
    const float* terms = context.at(terms_);
    const NormDiff by{context.at(mean_), terms, terms + rows_.channels, terms + 2 * rows_.channels};
    parallel(rows_.parts, [&](int64_t i) {
      const int64_t at = rows_.first(i) * rows_.channels;
      const int64_t counted = rows_.size(i, count);
      float* to = context.at(*diff_src_) + at;
      kernels_.normalised_diff(context.at(src_) + at, context.at(diff_dst_) + at, by, counted, rows_.channels, to);
      std::fill(to + counted * rows_.channels, to + rows_.size(i, rows_.rows) * rows_.channels, 0.0F);
    });
  }

  const KernelTable& kernels_;
  Rows rows_;
  Counting counting_;
  Place src_, scale_, mean_, inverse_, diff_dst_;
  std::optional<Place> diff_src_;
  Place diff_scale_, diff_shift_;
  Scratch parts_, terms_;
};

}  // namespace

template <>
Step Ops::make<SATEEN_OP_BATCH_NORM>(StepBuilder& builder) {
  const Rows rows(builder.src(0));
  return [rows, &kernels = builder.kernels, epsilon = builder.op().attributes<sateen_batch_norm_attrs>().epsilon,
          src = StepBuilder::place(builder.src(0)), scale = StepBuilder::place(builder.src(1)),
          shift = StepBuilder::place(builder.src(2)), mean = StepBuilder::place(builder.src(3)),
          variance = StepBuilder::place(builder.src(4)), dst = StepBuilder::place(builder.dst(0)),
          factors = builder.shared_scratch(float_bytes(rows.channels))](const RunContext& context) {
    float* factor = context.at(factors);
    for (int64_t c = 0; c < rows.channels; ++c) {
      factor[c] = context.at(scale)[c] / std::sqrt(context.at(variance)[c] + epsilon);
    }
    normalise(kernels, rows, {context.at(mean), factor, context.at(shift)}, context.at(src), context.at(dst));
  };
}

template <>
Step Ops::make<SATEEN_OP_BATCH_NORM_TRAIN>(StepBuilder& builder) {
  return [training = Training(builder)](const RunContext& context) { training.run(context); };
}

template <>
Step Ops::make<SATEEN_OP_BATCH_NORM_BACKWARD>(StepBuilder& builder) {
  return [backward = Backward(builder)](const RunContext& context) { backward.run(context); };
}

}  // namespace sateen::cpu
