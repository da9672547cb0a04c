// Augment: what is drawn is integers and pixels are copied, so every byte is known but for what `shift` rounds.
#include <limits>

#include "suite.hpp"

namespace conformance {
namespace {

struct Augment {
  std::string name;
  int64_t count = 1, batch = 1;
  oracle::Images image;
  oracle::Augment what;
  std::vector<int32_t> cursor = {0, 0};
  bool indexed = true;
};

std::vector<uint8_t> draw_pixels(const Augment& a) {
  oracle::Random random(seed_of("augment/" + a.name));
  std::vector<uint8_t> pixels;
  for (int64_t i = 0; i < a.count * a.image.h * a.image.w * a.image.c; ++i) {
    pixels.push_back(static_cast<uint8_t>(1 + random.below(255)));  // none is what comes in at the border
  }
  return pixels;
}

std::vector<int32_t> draw_indices(const Augment& a) {
  oracle::Random random(seed_of("augment indices/" + a.name));
  std::vector<int32_t> indices;
  for (int64_t i = 0; i < (a.cursor[0] + 2) * a.batch; ++i)
    indices.push_back(static_cast<int32_t>(random.below(static_cast<uint32_t>(a.count))));
  const int32_t foreign[] = {-1, static_cast<int32_t>(a.count), std::numeric_limits<int32_t>::min(),
                             std::numeric_limits<int32_t>::max()};
  const auto start = static_cast<size_t>(a.cursor[0] * a.batch);
  for (size_t i = 0; i < 4 && a.batch >= 7; ++i) indices[start + i] = foreign[i];
  return indices;
}

sateen_augment_attrs attrs_of(const oracle::Augment& a) {
  return {a.seed,
          a.first_row,
          a.stream,
          a.mirror ? 1U : 0U,
          static_cast<int32_t>(a.max_shift),
          static_cast<float>(a.scale),
          static_cast<float>(a.shift),
          0};
}

OpCase build(const Augment& a) {
  const std::vector<uint8_t> pixels = draw_pixels(a);
  const std::vector<int32_t> indices = draw_indices(a);
  const auto places = oracle::gather_places(a.count, a.batch, a.indexed ? &indices : nullptr, a.cursor[0]);
  const auto step = static_cast<uint32_t>(a.cursor[1]);
  const oracle::Values batch = oracle::augment(a.what, step, a.image, {pixels.begin(), pixels.end()}, places);
  const oracle::Images& g = a.image;
  const Dims dims = {a.batch, g.h, g.w, g.c};
  Argument dst = result(dims, batch, kElementwise);
  if (!(a.what.shift < 0) && !(a.what.shift > 0)) {  // one product, rounded once
    dst = exact_result(dims, std::vector<float>(batch.begin(), batch.end()));
  }
  return op_case(SATEEN_OP_AUGMENT, attrs_of(a.what),
                 {source({a.count, g.h, g.w, g.c}, pixels),
                  a.indexed ? source({static_cast<int64_t>(indices.size())}, indices) : none(), source({2}, a.cursor)},
                 {std::move(dst)});
}

void add_augment_cases(CaseList& list) {
  constexpr auto kScale = static_cast<double>(1.0F / 255.0F);
  constexpr uint64_t kSeed = 0xfedcba9876543210ULL;
  constexpr int32_t kLast = std::numeric_limits<int32_t>::max();
  const std::vector<Augment> cases = {
      {"network", 100, 64, {28, 28, 1}, {7, 0, 0x50000, true, 2, kScale, 0}, {2, 1377}},
      {"one", 1, 1, {1, 1, 1}, {1, 0, 0x50000, true, 0, 1, 0}, {0, 3}},
      {"odd", 7, 31, {3, 5, 3}, {9, 0, 0x50000, true, 2, 1, 0}, {1, 5}},
      {"no_indices", 17, 7, {3, 2, 5}, {9, 0, 0x50000, true, 1, 1, 0}, {1, 5}, false},
      {"no_indices_past_the_end", 17, 7, {3, 2, 5}, {9, 0, 0x50000, true, 1, 1, 0}, {2, 5}, false},
      {"mirror_alone", 5, 31, {4, 7, 1}, {3, 0, 0x50000, true, 0, 1, 0}, {0, 1}},
      {"shift_alone", 5, 31, {4, 7, 1}, {3, 0, 0x50000, false, 3, 1, 0}, {0, 1}},
      {"neither", 5, 31, {4, 7, 1}, {3, 0, 0x50000, false, 0, 1, 0}, {0, 1}},
      {"almost_all_comes_in", 5, 65, {8, 9, 1}, {3, 0, 0x50000, true, 7, 1, 0}, {0, 1}},
      {"first_row_crosses_32_bits", 5, 33, {4, 4, 1}, {3, 0xfffffff0U, 0x50000, true, 2, 1, 0}, {0, 1}},
      {"largest_first_row", 5, 33, {4, 4, 1}, {3, UINT64_MAX - 40, 0x50000, true, 2, 1, 0}, {0, 1}},
      {"large_seed_and_step", 5, 33, {4, 4, 1}, {kSeed, 0, 0xffffffffU, true, 2, 1, 0}, {0, kLast}},
      {"step_wrapped", 5, 33, {4, 4, 1}, {UINT64_MAX, 0, 0x50000, true, 2, 1, 0}, {0, -1}},
      {"large", 2, 3, {131, 127, 2}, {3, 0, 0x50000, true, 8, 1, 0}, {0, 1}},
      {"scale_and_shift", 20, 31, {5, 5, 1}, {3, 0, 0x50000, true, 2, 0.0078125, -1}, {0, 1}},
      {"scale_and_odd_shift",
       20,
       31,
       {5, 5, 1},
       {3, 0, 0x50000, true, 2, static_cast<double>(0.0171F), static_cast<double>(2.117F)},
       {0, 1}},
  };
  for (const Augment& a : cases) list.add(SATEEN_OP_AUGMENT, a.name, [a] { return build(a); });
  using Attrs = sateen_augment_attrs;
  list.add_rules(SATEEN_OP_AUGMENT,
                 {.start = "odd",
                  .optional = {"src1"},
                  .any_count = {"src0"},
                  .roles = {{"src1", Role::kIndices}, {"src2", Role::kCursor}},
                  .faults = {attrs_fault<Attrs>("mirror_2", [](Attrs& a) { a.mirror = 2; }),
                             attrs_fault<Attrs>("max_shift_negative", [](Attrs& a) { a.max_shift = -1; }),
                             attrs_fault<Attrs>("max_shift_as_large_as_the_height", [](Attrs& a) { a.max_shift = 3; }),
                             attrs_fault<Attrs>("max_shift_huge",
                                                [](Attrs& a) { a.max_shift = std::numeric_limits<int32_t>::max(); }),
                             attrs_fault<Attrs>(
                                 "reserved", [](Attrs& a) { a.reserved = 1; }, kRefused)}});
  for (const int64_t n : {64, 1024}) {
    list.add_speed(SATEEN_OP_AUGMENT, "n" + std::to_string(n) + "_h28_w28_c1", 0, [n] {
      return op_case(SATEEN_OP_AUGMENT, Attrs{7, 0, 0x50000, 1, 2, 1.0F / 255, 0, 0},
                     {shaped({n, 28, 28, 1}, sateen::DType::kU8), shaped({n}, sateen::DType::kI32),
                      shaped({2}, sateen::DType::kI32)},
                     {shaped({n, 28, 28, 1})});
    });
  }
}

const CaseFile kFile(add_augment_cases);

}  // namespace
}  // namespace conformance
