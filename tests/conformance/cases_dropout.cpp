// Dropout: the mask is integers, so every byte is known.
#include <cmath>
#include <limits>

#include "suite.hpp"

namespace conformance {
namespace {

struct Dropout {
  std::string name;
  Dims dims;
  double rate;
  uint64_t seed, first_element;
  uint32_t stream;
  std::vector<int32_t> cursor;
};

sateen_dropout_attrs attrs_of(const Dropout& d) {
  return {d.seed,
          d.first_element,
          d.stream,
          static_cast<uint32_t>(std::floor(d.rate * 4294967296.0)),
          static_cast<float>(1.0 / (1.0 - d.rate)),
          0};
}

oracle::Values masked(const sateen_dropout_attrs& a, const std::vector<int32_t>& cursor,
                      const std::vector<float>& src) {
  const oracle::Dropout d{a.seed, a.first_element, a.stream, a.threshold, static_cast<double>(a.scale)};
  return oracle::dropout(d, static_cast<uint32_t>(cursor[1]), widen(src));
}

OpCase build(const Dropout& d, const sateen_dropout_attrs& attrs) {
  const uint64_t count = source(d.dims, std::vector<float>{}).elements();
  const std::vector<float> src = oracle::Random(seed_of("dropout/" + d.name)).values(count);
  std::vector<float> dst;  // a product of two f32 is exact in double, so this rounds once, as f32 does
  for (const double x : masked(attrs, d.cursor, src)) dst.push_back(static_cast<float>(x));
  return op_case(SATEEN_OP_DROPOUT, attrs, {source(d.dims, src), source({2}, d.cursor)}, {exact_result(d.dims, dst)});
}

/// The threshold is one of the words: that element is kept.
OpCase threshold_is_a_word() {
  const Dropout d{"threshold_is_a_word", {99}, 0.5, 77, 0, 0x40001, {0, 3}};
  sateen_dropout_attrs attrs = attrs_of(d);
  attrs.threshold = oracle::dropout_word(d.seed, 3, d.stream, 41);
  return build(d, attrs);
}

/// What is dropped is zero even where src is NaN or infinite.
OpCase not_finite() {
  const Dropout d{"", {203}, 0.5, 11, 0, 0x40001, {0, 3}};
  const float inf = std::numeric_limits<float>::infinity();
  std::vector<float> src(203);
  for (size_t i = 0; i < src.size(); ++i) src[i] = i % 3 == 0 ? std::nanf("") : i % 3 == 1 ? inf : -inf;
  return op_case(SATEEN_OP_DROPOUT, attrs_of(d), {source(d.dims, src), source({2}, d.cursor)},
                 {result(d.dims, masked(attrs_of(d), d.cursor, src), kExact)});
}

void add_dropout_cases(CaseList& list) {
  const std::vector<Dropout> cases = {
      {"network_first", {2, 14, 14, 32}, 0.25, 42, 0, 0x40003, {0, 0}},
      {"network_flat", {5, 128}, 0.3, 42, 0, 0x4000a, {7, 123}},
      {"one", {1}, 0.4, 1, 0, 0x40001, {0, 1}},
      {"seven", {7}, 0.4, 1, 0, 0x40001, {0, 1}},
      {"odd", {31, 3, 7}, 0.4, 1, 0, 0x40002, {3, 2}},
      {"first_element", {3, 31}, 0.5, 9, 4 * 1237, 0x40002, {0, 5}},
      {"block_crosses_32_bits", {4099}, 0.5, 9, (uint64_t{1} << 34) - 1024, 0x40002, {0, 5}},
      {"largest_first_element", {29}, 0.5, 9, UINT64_MAX - 1023, 0x40002, {0, 5}},
      {"large_seed_and_step", {257}, 0.75, 0xfedcba9876543210ULL, 0, 0xffffffffU, {1, INT32_MAX}},
      {"step_wrapped", {257}, 0.75, UINT64_MAX, 0, 0x40003, {1, -1}},
      {"rate_0_keeps_all", {130}, 0.0, 3, 0, 0x40003, {0, 0}},
      {"rate_near_1", {1030}, 0.999, 3, 0, 0x40003, {0, 0}},
  };
  for (const Dropout& d : cases) list.add(SATEEN_OP_DROPOUT, d.name, [d] { return build(d, attrs_of(d)); });
  list.add(SATEEN_OP_DROPOUT, "threshold_is_a_word", threshold_is_a_word);
  list.add(SATEEN_OP_DROPOUT, "nan_and_infinity", not_finite);
  using Attrs = sateen_dropout_attrs;
  list.add_rules(SATEEN_OP_DROPOUT,
                 {.start = "odd",
                  .bound = kExact,
                  .roles = {{"src1", Role::kCursor}},
                  .faults = {attrs_fault<Attrs>("first_element", [](Attrs& a) { a.first_element = 6; }),
                             attrs_fault<Attrs>(
                                 "reserved", [](Attrs& a) { a.reserved = 1; }, kRefused)}});
  for (const Dropout& d : {Dropout{"n64_h14_w14_c32", {64, 14, 14, 32}, 0.25, 42, 0, 0x40003, {0, 0}},
                           Dropout{"n64_c128", {64, 128}, 0.3, 42, 0, 0x4000a, {0, 0}}}) {
    list.add_speed(SATEEN_OP_DROPOUT, d.name, 0, [d] {
      return op_case(SATEEN_OP_DROPOUT, attrs_of(d), {shaped(d.dims), shaped({2}, sateen::DType::kI32)},
                     {shaped(d.dims)});
    });
  }
}

const CaseFile kFile(add_dropout_cases);

}  // namespace
}  // namespace conformance
