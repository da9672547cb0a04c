// Batch normalisation: passes over the tensors in parts, and what the parts come to.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "op_table.hpp"

namespace sateen::opencl {

namespace {

/// How a tensor of [rows][channels] is spread over work-items. By its shape and the kernels alone, so that sums are the
/// same everywhere: a CPU's item has all channels of many rows, a GPU's a vector of a few.
struct Spread {
  Spread(const Tuning& tuning, const sdk::Tensor& src)
      : batch(src.dim[0]),
        channels(src.dim[src.rank - 1]),
        rows(static_cast<int64_t>(src.elements) / channels),
        per_sample(rows / batch) {
    constexpr int64_t kCpuFloats = 8192;  // what a core's first cache holds
    constexpr int64_t kGpuRows = 16;
    const int64_t least = tuning.for_gpu() ? kGpuRows : kCpuFloats / channels;
    const int64_t most_parts = tuning.for_gpu() ? 2048 : 1024;
    const int64_t all = ceil_div(channels, tuning.lanes);
    span = ceil_div(std::max({least, ceil_div(rows, most_parts), int64_t{1}}), 8) * 8;
    parts = ceil_div(rows, span);
    vectors = tuning.for_gpu() ? 1 : all;
    groups = ceil_div(all, vectors);
    apply_span = tuning.for_gpu() ? 4 : span;
  }

  int64_t batch, channels, rows, per_sample;
  int64_t span, parts;      ///< rows of a part
  int64_t vectors, groups;  ///< vectors of channels that an item has
  int64_t apply_span;       ///< rows of an item where nothing is summed
};

/// valid and cursor as kernels take them: the tensors, and after the other buffers the sizes.
struct Counting {
  explicit Counting(const StepBuilder& builder)
      : valid(StepBuilder::place(builder.src(5))),
        cursor(StepBuilder::place(builder.src(6))),
        table(builder.src(5).dim[0]) {}

  void sizes(CallBuilder& call, const Spread& s) const {
    call.number(table).number(s.batch).number(s.per_sample).number(s.channels);
  }

  Place valid, cursor;
  int64_t table;
};

void add_apply(StepBuilder& builder, const Spread& s, Place mean, Place factor) {
  builder.call("batch_norm.cl", "batch_norm_apply")
      .buffer(StepBuilder::place(builder.src(0)))
      .buffer(mean)
      .buffer(factor)
      .buffer(StepBuilder::place(builder.src(2)))
      .buffer(StepBuilder::place(builder.dst(0)))
      .number(s.rows)
      .number(s.channels)
      .number(s.apply_span)
      .number(s.vectors)
      .items(ceil_div(s.rows, s.apply_span) * s.groups);
}

/// A kernel that puts the parts together: in groups where the device has them.
struct Finish {
  static constexpr int64_t kSlices = 64, kVectors = 4;  // SLICES and VECTORS_OF_GROUP of the kernels

  Finish(const StepBuilder& builder, std::string name) : kernel(std::move(name)) {
    constexpr int64_t kGroup = kSlices * kVectors;
    const std::string grouped = "-DSLICES=64";
    in_groups = builder.tuning.for_gpu() && builder.fits(kFile, kernel, grouped, kGroup, kGroup * 4 * 4);
    defines = in_groups ? grouped : "-DSLICES=1";
  }

  CallBuilder call(StepBuilder& builder) const { return builder.call(kFile, kernel, defines); }
  void items(CallBuilder& call, const StepBuilder& builder, const Spread& s) const {
    const int64_t vectors = ceil_div(s.channels, builder.tuning.lanes);
    if (in_groups) {
      call.groups(ceil_div(vectors, kVectors), kSlices * kVectors);
    } else {
      call.items(vectors);
    }
  }

  static constexpr const char* kFile = "batch_norm_finish.cl";
  std::string kernel, defines;
  bool in_groups = false;
};

}  // namespace

template <>
void Ops::make<SATEEN_OP_BATCH_NORM>(StepBuilder& builder) {
  const Spread s(builder.tuning, builder.src(0));
  const Place factor = builder.scratch(s.channels);
  builder.call("batch_norm.cl", "batch_norm_factors")
      .buffer(StepBuilder::place(builder.src(1)))
      .buffer(StepBuilder::place(builder.src(4)))
      .buffer(factor)
      .real(builder.op().attributes<sateen_batch_norm_attrs>().epsilon)
      .number(s.channels)
      .items(s.channels);
  add_apply(builder, s, StepBuilder::place(builder.src(3)), factor);
}

template <>
void Ops::make<SATEEN_OP_BATCH_NORM_TRAIN>(StepBuilder& builder) {
  const Spread s(builder.tuning, builder.src(0));
  const Counting counting(builder);
  const auto attrs = builder.op().attributes<sateen_batch_norm_attrs>();
  const Place parts = builder.scratch(2 * s.parts * s.channels);
  const Place factor = builder.scratch(s.channels);
  const Place mean = StepBuilder::place(builder.dst(1));

  CallBuilder moments = builder.call("batch_norm.cl", "batch_norm_moments");
  moments.buffer(StepBuilder::place(builder.src(0))).buffer(counting.valid).buffer(counting.cursor).buffer(parts);
  counting.sizes(moments, s);
  moments.number(s.span).number(s.vectors).items(s.parts * s.groups);

  const Finish finish(builder, "batch_norm_statistics");
  CallBuilder statistics = finish.call(builder);
  statistics.buffer(parts)
      .buffer(StepBuilder::place(builder.src(0)))
      .buffer(StepBuilder::place(builder.src(1)))
      .buffer(counting.valid)
      .buffer(counting.cursor)
      .buffer(mean);
  for (size_t i = 2; i < 5; ++i) statistics.buffer(StepBuilder::place(builder.dst(i)));
  statistics.buffer(factor);
  counting.sizes(statistics, s);
  statistics.number(s.span).real(attrs.epsilon).real(attrs.momentum);
  finish.items(statistics, builder, s);

  add_apply(builder, s, mean, factor);
}

template <>
void Ops::make<SATEEN_OP_BATCH_NORM_BACKWARD>(StepBuilder& builder) {
  const Spread s(builder.tuning, builder.src(0));
  const Counting counting(builder);
  const Place parts = builder.scratch(2 * s.parts * s.channels);
  const Place terms = builder.scratch(3 * s.channels);
  const Place src = StepBuilder::place(builder.src(0));
  const Place mean = StepBuilder::place(builder.src(2));
  const Place inverse = StepBuilder::place(builder.src(3));
  const Place diff = StepBuilder::place(builder.src(4));

  CallBuilder sums = builder.call("batch_norm.cl", "batch_norm_sums");
  sums.buffer(src)
      .buffer(diff)
      .buffer(mean)
      .buffer(inverse)
      .buffer(counting.valid)
      .buffer(counting.cursor)
      .buffer(parts);
  counting.sizes(sums, s);
  sums.number(s.span).number(s.vectors).items(s.parts * s.groups);

  const Finish finish(builder, "batch_norm_gradients");
  CallBuilder gradients = finish.call(builder);
  gradients.buffer(parts)
      .buffer(StepBuilder::place(builder.src(1)))
      .buffer(inverse)
      .buffer(counting.valid)
      .buffer(counting.cursor)
      .buffer(StepBuilder::place(builder.dst(1)))
      .buffer(StepBuilder::place(builder.dst(2)))
      .buffer(terms);
  counting.sizes(gradients, s);
  gradients.number(s.parts);
  finish.items(gradients, builder, s);

  const std::optional<Place> diff_src = StepBuilder::place(builder.graph().dst(builder.op(), 0));
  if (!diff_src) return;
  CallBuilder call = builder.call("batch_norm.cl", "batch_norm_diff");
  call.buffer(src)
      .buffer(diff)
      .buffer(mean)
      .buffer(terms)
      .buffer(counting.valid)
      .buffer(counting.cursor)
      .buffer(*diff_src);
  counting.sizes(call, s);
  call.number(s.apply_span).number(s.vectors).items(ceil_div(s.rows, s.apply_span) * s.groups);
}

}  // namespace sateen::opencl
