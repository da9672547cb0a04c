// Batch normalisation, in prediction, in training and on the way back.
#include <cmath>
#include <limits>

#include "suite.hpp"

namespace conformance {
namespace {

struct Norm {
  std::string name;
  Dims dims;
  std::vector<int32_t> valid;  ///< the whole table
  std::vector<int32_t> cursor = {0, 0};
  sateen_batch_norm_attrs attrs = {1e-3F, 0.99F};
  float mean = 0.5F, spread = 1;                   ///< of the source
  std::vector<std::pair<size_t, float>> src = {};  ///< overwritten values
  Bound bound = kBatchNorm;
  bool diff_src = true;

  oracle::Channels channels() const {
    oracle::Channels g;
    g.n = dims.front();
    g.c = dims.back();
    for (size_t i = 1; i + 1 < dims.size(); ++i) g.rows *= dims[i];
    return g;
  }
  int32_t counted() const { return valid[static_cast<size_t>(cursor[0])]; }
  double epsilon() const { return static_cast<double>(attrs.epsilon); }
};

/// What all three operations begin with.
struct Inputs {
  std::vector<float> src, scale, shift, mean, variance;

  explicit Inputs(const Norm& a) {
    oracle::Random random(seed_of("batch_norm/" + a.name));
    const auto channels = static_cast<uint64_t>(a.dims.back());
    src = random.values(source(a.dims, std::vector<float>{}).elements());
    for (float& x : src) x = a.mean + a.spread * x;
    for (const auto& [at, x] : a.src) src[at] = x;
    scale = random.values(channels);
    shift = random.values(channels);
    mean = random.values(channels);
    variance = random.values(channels);
    for (float& x : variance) x = 1.25F + x;
  }
};

OpCase predict(const Norm& a) {
  const Inputs in(a);
  const Dims by = {a.dims.back()};
  return op_case(SATEEN_OP_BATCH_NORM, sateen_batch_norm_attrs{a.attrs.epsilon, 0},
                 {source(a.dims, in.src), source(by, in.scale), source(by, in.shift), source(by, in.mean),
                  source(by, in.variance)},
                 {result(a.dims,
                         oracle::batch_norm(a.channels(), a.epsilon(), widen(in.src), widen(in.scale), widen(in.shift),
                                            widen(in.mean), widen(in.variance)),
                         a.bound)});
}

OpCase train(const Norm& a) {
  const Inputs in(a);
  const Dims by = {a.dims.back()};
  const oracle::BatchMoments batch = oracle::batch_moments(a.channels(), a.counted(), widen(in.src));
  oracle::Values inverse;
  for (const double variance : batch.variance) inverse.push_back(1 / std::sqrt(variance + a.epsilon()));
  const double momentum = a.counted() > 0 ? static_cast<double>(a.attrs.momentum) : 1;
  Argument mean = result(by, batch.mean, a.bound);
  for (double& allowed : mean.expect.allowed) allowed = std::max(allowed, 1e-7 * std::abs(a.spread));
  return op_case(
      SATEEN_OP_BATCH_NORM_TRAIN, a.attrs,
      {source(a.dims, in.src), source(by, in.scale), source(by, in.shift), source(by, in.mean), source(by, in.variance),
       source({static_cast<int64_t>(a.valid.size())}, a.valid), source({2}, a.cursor)},
      {result(a.dims,
              oracle::batch_norm(a.channels(), a.epsilon(), widen(in.src), widen(in.scale), widen(in.shift), batch.mean,
                                 batch.variance),
              a.bound),
       mean, result(by, inverse, a.bound),
       in_place(3, result(by, oracle::follow(momentum, widen(in.mean), batch.mean), a.bound)),
       in_place(4, result(by, oracle::follow(momentum, widen(in.variance), batch.variance), a.bound))});
}

OpCase backward(const Norm& a) {
  const Inputs in(a);
  const Dims by = {a.dims.back()};
  const oracle::BatchMoments batch = oracle::batch_moments(a.channels(), a.counted(), widen(in.src));
  std::vector<float> mean, inverse;
  for (size_t c = 0; c < batch.mean.size(); ++c) {
    mean.push_back(static_cast<float>(batch.mean[c]));
    inverse.push_back(static_cast<float>(1 / std::sqrt(batch.variance[c] + a.epsilon())));
  }
  const std::vector<float> diff = oracle::Random(seed_of("batch_norm_diff/" + a.name)).values(in.src.size());
  const oracle::NormGradient want = oracle::batch_norm_backward(
      a.channels(), a.counted(), widen(in.src), widen(in.scale), widen(mean), widen(inverse), widen(diff));
  return op_case(SATEEN_OP_BATCH_NORM_BACKWARD,
                 {source(a.dims, in.src), source(by, in.scale), source(by, mean), source(by, inverse),
                  source(a.dims, diff), source({static_cast<int64_t>(a.valid.size())}, a.valid), source({2}, a.cursor)},
                 {a.diff_src ? result(a.dims, want.src, a.bound) : none(), result(by, want.scale, a.bound),
                  result(by, want.shift, a.bound)});
}

std::vector<Norm> shapes() {
  std::vector<Norm> all = {
      {"odd", {5, 3, 7, 31}, {5}},
      {"part_of_a_batch", {6, 5, 2, 12}, {6, 4, 6}, {1, 9}},
      {"one_row_counts", {4, 3, 3, 9}, {1}},
      {"after_dense", {64, 128}, {64}},
      {"part_after_dense", {7, 33}, {3}},
      {"one_channel", {9, 5, 3, 1}, {8}},
      {"ten_channels", {5, 13, 13, 10}, {4}},
      {"three_channels", {3, 11, 13, 3}, {3}},
      {"network", {64, 14, 14, 32}, {64, 61}, {1, 3}},
      {"many_channels", {3, 2, 1, 300}, {2}},
      {"rank_3_and_5", {3, 7, 20}, {3}},
      {"rank_5", {2, 3, 1, 2, 17}, {2}},
      {"rank_6", {2, 1, 3, 1, 2, 4}, {1}},
      {"other_constants", {5, 4, 4, 16}, {5}, {0, 0}, {0.25F, 0.5F}},
      {"momentum_0", {3, 2, 2, 8}, {3}, {0, 0}, {1e-3F, 0}},
      {"momentum_1", {3, 2, 2, 8}, {3}, {0, 0}, {1e-3F, 1}},
      {"no_gradient_of_source", {5, 3, 3, 8}, {4}},
  };
  all.back().diff_src = false;
  return all;
}

/// Sources whose mean is large beside their spread: E[x²] − mean² has no digit left there.
std::vector<Norm> far_off() {
  std::vector<Norm> all = {
      {"mean_of_1000", {8, 9, 9, 16}, {8}, {0, 0}, {1e-3F, 0.99F}, 1000},
      {"mean_of_minus_10000", {8, 9, 9, 5}, {7}, {0, 0}, {1e-3F, 0.99F}, -10000},
  };
  all[0].bound = {2e-4, Bound::Scale::kLargest};
  all[1].bound = {2e-3, Bound::Scale::kLargest};
  return all;
}

/// As far off, and hardly apart: a mean that is wrong by a step of f32 shows. The right ones are numbers of f32.
std::vector<Norm> hardly_apart() {
  const float below = 1000, above = 1000 + 160 * 0x1p-14F;  // 1000.00977
  std::vector<Norm> all;
  for (const auto& [name, upper] : {std::pair{"halves_of_1000", 4096}, {"a_few_above_1000", 7936}}) {
    Norm a{name, {8192, 1}, {8192}, {0, 0}, {1e-9F, 0}, below, 0};
    for (size_t i = static_cast<size_t>(upper); i < 8192; ++i) a.src.emplace_back(i, above);
    all.push_back(a);
  }
  all.push_back({"seven_equal", {7, 1}, {7}, {0, 0}, {1e-3F, 0}, 16777213, 0});
  all.push_back({"many_equal", {7, 9, 3, 37}, {6}, {0, 0}, {1e-3F, 0}, 16777213, 0});
  return all;
}

std::vector<Norm> corners() {
  const float nan = std::nanf(""), inf = std::numeric_limits<float>::infinity();
  return {
      {"nan", {3, 2, 2, 5}, {3}, {0, 0}, {1e-3F, 0.99F}, 0, 1, {{7, nan}}},
      {"nan_past_valid", {3, 2, 2, 5}, {2}, {0, 0}, {1e-3F, 0.99F}, 0, 1, {{47, nan}}},
      {"infinity_past_valid", {3, 2, 2, 5}, {2}, {0, 0}, {1e-3F, 0.99F}, 0, 1, {{47, inf}}},
  };
}

/// One channel of ±1e20 among others.
Norm variance_beyond_f32() {
  Norm a{"variance_beyond_f32", {4, 2, 2, 5}, {4}};
  for (size_t row = 0; row < 16; ++row) a.src.emplace_back(row * 5 + 2, row % 2 == 0 ? 1e20F : -1e20F);
  return a;
}

std::vector<Fault> faults(float too_much) {
  using Attrs = sateen_batch_norm_attrs;
  return {
      attrs_fault<Attrs>("epsilon_0", [](Attrs& a) { a.epsilon = 0; }),
      attrs_fault<Attrs>("epsilon_negative", [](Attrs& a) { a.epsilon = -1e-3F; }),
      attrs_fault<Attrs>("epsilon_nan", [](Attrs& a) { a.epsilon = std::nanf(""); }),
      attrs_fault<Attrs>("epsilon_infinite", [](Attrs& a) { a.epsilon = std::numeric_limits<float>::infinity(); }),
      attrs_fault<Attrs>("momentum_negative", [](Attrs& a) { a.momentum = -0.5F; }),
      attrs_fault<Attrs>("momentum_nan", [](Attrs& a) { a.momentum = std::nanf(""); }),
      attrs_fault<Attrs>("momentum_too_large", [too_much](Attrs& a) { a.momentum = too_much; }),
  };
}

void add_speeds(CaseList& list) {
  const sateen_batch_norm_attrs attrs{1e-3F, 0.99F};
  const Argument rows = shaped({1}, sateen::DType::kI32), cursor = shaped({2}, sateen::DType::kI32);
  for (const Dims& dims : {Dims{64, 14, 14, 32}, Dims{64, 14, 14, 64}, Dims{64, 7, 7, 128}, Dims{64, 128}}) {
    std::string name = "dims";
    for (const int64_t d : dims) name += "_" + std::to_string(d);
    const Argument x = shaped(dims), c = shaped({dims.back()});
    list.add_speed(SATEEN_OP_BATCH_NORM, name, 0, [=] {
      return op_case(SATEEN_OP_BATCH_NORM, sateen_batch_norm_attrs{attrs.epsilon, 0}, {x, c, c, c, c}, {x});
    });
    list.add_speed(SATEEN_OP_BATCH_NORM_TRAIN, name, 0, [=] {
      return op_case(SATEEN_OP_BATCH_NORM_TRAIN, attrs, {x, c, c, c, c, rows, cursor},
                     {x, c, c, in_place(3, c), in_place(4, c)});
    });
    list.add_speed(SATEEN_OP_BATCH_NORM_BACKWARD, name, 0, [=] {
      return op_case(SATEEN_OP_BATCH_NORM_BACKWARD, {x, c, c, c, x, rows, cursor}, {x, c, c});
    });
  }
}

void add_batch_norm_cases(CaseList& list) {
  std::vector<Norm> all = shapes();
  for (const auto& more : {far_off(), hardly_apart(), corners()}) all.insert(all.end(), more.begin(), more.end());
  for (const Norm& a : all) {
    list.add(SATEEN_OP_BATCH_NORM, a.name, [a] { return predict(a); });
    list.add(SATEEN_OP_BATCH_NORM_TRAIN, a.name, [a] { return train(a); });
    list.add(SATEEN_OP_BATCH_NORM_BACKWARD, a.name, [a] { return backward(a); });
  }
  // One value in all: it is its own mean, and the variance is 0. Nothing at all: the running ones stay.
  for (const Norm& a : {Norm{"one_value", {3, 9}, {1}}, Norm{"nothing_counts", {3, 2, 2, 9}, {3, 0}, {1, 1}},
                        Norm{"all_equal", {5, 3, 3, 6}, {5}, {0, 0}, {1e-3F, 0.99F}, 3, 0}, variance_beyond_f32()}) {
    list.add(SATEEN_OP_BATCH_NORM_TRAIN, a.name, [a] { return train(a); });
    list.add(SATEEN_OP_BATCH_NORM_BACKWARD, a.name, [a] { return backward(a); });
  }
  const float inf = std::numeric_limits<float>::infinity();
  const Norm infinite{"infinity", {3, 2, 2, 5}, {3}, {0, 0}, {1e-3F, 0.99F}, 0, 1, {{7, inf}, {30, -inf}}};
  list.add(SATEEN_OP_BATCH_NORM, infinite.name, [infinite] { return predict(infinite); });
  list.add_rules(SATEEN_OP_BATCH_NORM,
                 {.start = "odd", .bound = kBatchNorm, .roles = {{"src4", Role::kPositive}}, .faults = faults(0.5F)});
  list.add_rules(SATEEN_OP_BATCH_NORM_TRAIN,
                 {.start = "part_of_a_batch",
                  .any_length = {"src5"},
                  .bound = kBatchNorm,
                  .roles = {{"src4", Role::kPositive}, {"src5", Role::kValid}, {"src6", Role::kCursor}},
                  .in_place = 3,
                  .faults = faults(1.5F)});
  list.add_rules(SATEEN_OP_BATCH_NORM_BACKWARD,
                 {.start = "part_of_a_batch",
                  .optional = {"dst0"},
                  .any_length = {"src5"},
                  .bound = kBatchNorm,
                  .roles = {{"src3", Role::kPositive}, {"src5", Role::kValid}, {"src6", Role::kCursor}}});
  add_speeds(list);
}

const CaseFile kFile(add_batch_norm_cases);

}  // namespace
}  // namespace conformance
