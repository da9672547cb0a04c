// Gather: every pair of dtypes, with and without indices and cursor.
#include <limits>

#include "suite.hpp"

namespace conformance {
namespace {

struct Gather {
  std::string name;
  int64_t count = 1, batch = 1;
  Dims sample = {};  ///< the trailing dims
  bool indexed = true;
  std::vector<int32_t> cursor = {};  ///< empty: none
  float scale = 1, shift = 0;
};

Dims with_front(int64_t front, Dims dims) {
  dims.insert(dims.begin(), front);
  return dims;
}

int64_t product(const Dims& dims) {
  int64_t n = 1;
  for (const int64_t d : dims) n *= d;
  return n;
}

/// Every bit pattern that a copy might bend: NaN with a payload, −0, a denormal, the ends of the range.
template <typename T>
std::vector<T> draw(const Gather& g, int64_t elements);
template <>
std::vector<uint8_t> draw(const Gather& g, int64_t elements) {
  oracle::Random random(seed_of("gather/" + g.name));
  std::vector<uint8_t> r;
  for (int64_t i = 0; i < elements; ++i) r.push_back(static_cast<uint8_t>(random.below(256)));
  return r;
}
template <>
std::vector<int32_t> draw(const Gather& g, int64_t elements) {
  oracle::Random random(seed_of("gather/" + g.name));
  std::vector<int32_t> r;
  for (int64_t i = 0; i < elements; ++i) r.push_back(static_cast<int32_t>(random.next()));
  return r;
}
template <>
std::vector<float> draw(const Gather& g, int64_t elements) {
  std::vector<float> r = oracle::Random(seed_of("gather/" + g.name)).values(static_cast<uint64_t>(elements));
  const uint32_t odd[] = {0x7fc12345U, 0x80000000U, 0x00000001U, 0x7f800000U, 0xff800000U};
  for (size_t i = 0; i < r.size(); i += 3) std::memcpy(&r[i], &odd[i / 3 % 5], sizeof(float));
  return r;
}

std::vector<int32_t> draw_indices(const Gather& g) {
  oracle::Random random(seed_of("indices/" + g.name));
  const int64_t rows = g.cursor.empty() ? 2 : g.cursor[0] + 2;
  std::vector<int32_t> r;
  for (int64_t i = 0; i < rows * g.batch; ++i)
    r.push_back(static_cast<int32_t>(random.below(static_cast<uint32_t>(g.count))));
  const size_t start = g.cursor.empty() ? 0 : static_cast<size_t>(g.cursor[0] * g.batch);
  const int32_t foreign[] = {
      -1, static_cast<int32_t>(g.count),    std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max(),
      0,  static_cast<int32_t>(g.count - 1)};
  for (size_t i = 0; i < 6 && g.batch >= 7; ++i) r[start + i] = foreign[i];
  return r;
}

template <typename From, typename To>
OpCase build(const Gather& g) {
  const int64_t sample = product(g.sample);
  const std::vector<From> data = draw<From>(g, g.count * sample);
  const std::vector<int32_t> indices = draw_indices(g);
  const std::vector<int64_t> places =
      oracle::gather_places(g.count, g.batch, g.indexed ? &indices : nullptr, g.cursor.empty() ? 0 : g.cursor[0]);

  std::vector<Argument> src = {source(with_front(g.count, g.sample), data),
                               g.indexed ? source({static_cast<int64_t>(indices.size())}, indices) : none(),
                               g.cursor.empty() ? none() : source({2}, g.cursor)};
  const Dims dims = with_front(g.batch, g.sample);
  const sateen_gather_attrs attrs{g.scale, g.shift};
  if constexpr (!std::is_same_v<From, To> && std::is_same_v<To, float>) {
    const oracle::Values batch = oracle::gather({data.begin(), data.end()}, sample, places,
                                                static_cast<double>(g.scale), static_cast<double>(g.shift));
    Argument dst = result(dims, batch, kElementwise);
    if (!(g.shift < 0) && !(g.shift > 0)) {  // one product, rounded once: the same bytes everywhere
      std::vector<float> rounded;
      for (const double x : batch) rounded.push_back(static_cast<float>(x));
      dst = exact_result(dims, rounded);
    }
    return op_case(SATEEN_OP_GATHER, attrs, std::move(src), {std::move(dst)});
  } else {
    std::vector<To> batch;
    for (const int64_t place : places)
      for (int64_t j = 0; j < sample; ++j)
        batch.push_back(place < 0 ? To{} : static_cast<To>(data[static_cast<size_t>(place * sample + j)]));
    return op_case(SATEEN_OP_GATHER, attrs, std::move(src), {exact_result(dims, batch)});
  }
}

template <typename From, typename To>
void add(CaseList& list, Gather g, const std::string& pair) {
  g.name = pair + "_" + g.name;
  list.add(SATEEN_OP_GATHER, g.name, [g] { return build<From, To>(g); });
}

void add_gather_cases(CaseList& list) {
  const std::vector<Gather> plain = {
      {"rank_1", 31, 7, {}},
      {"one", 1, 1, {}},
      {"row_3", 17, 7, {3}, true, {3, 99}},
      {"odd_sample", 7, 31, {7, 3}, true, {1, 0}},
      {"no_cursor", 9, 8, {5}, true},
      {"no_indices", 21, 7, {3}, false, {2, 0}},
      {"no_indices_no_cursor", 7, 7, {3}, false},
      {"no_indices_past_the_end", 17, 7, {3}, false, {2, 0}},
      {"rank_6", 5, 8, {1, 2, 1, 3, 2}},
  };
  for (const Gather& g : plain) {
    add<uint8_t, float>(list, g, "u8_f32");
    add<uint8_t, int32_t>(list, g, "u8_i32");
    add<int32_t, int32_t>(list, g, "i32_i32");
    add<float, float>(list, g, "f32_f32");
  }
  add<uint8_t, float>(list, {"pixels", 100, 64, {28, 28, 1}, true, {2, 2}, 1.0F / 255.0F, 0}, "u8_f32");
  add<uint8_t, float>(list, {"pixels_no_indices", 3, 3, {28, 28, 1}, false, {}, 1.0F / 255.0F, 0}, "u8_f32");
  add<uint8_t, float>(list, {"scale_and_shift", 20, 7, {33}, true, {0, 0}, 0.0078125F, -1.0F}, "u8_f32");
  add<uint8_t, float>(list, {"scale_and_odd_shift", 20, 7, {33}, true, {0, 0}, 0.0171F, 2.117F}, "u8_f32");
  list.add_rules(SATEEN_OP_GATHER, {.start = "u8_f32_odd_sample",
                                    .optional = {"src1", "src2"},
                                    .any_count = {"src0"},
                                    .i32_too = {"dst0"},
                                    .roles = {{"src1", Role::kIndices}, {"src2", Role::kCursor}}});
  // Copies take no scale and no shift.
  for (const std::string name : {"u8_i32_odd_sample", "i32_i32_odd_sample", "f32_f32_odd_sample"}) {
    using Attrs = sateen_gather_attrs;
    list.add_rules(SATEEN_OP_GATHER, {.start = name,
                                      .faults = {attrs_fault<Attrs>(name + "_scaled",
                                                                    [](Attrs& a) {
                                                                      a = {2, 0};
                                                                    }),
                                                 attrs_fault<Attrs>(name + "_shifted",
                                                                    [](Attrs& a) {
                                                                      a = {1, 1};
                                                                    })},
                                      .faults_alone = "gather_copies"});
  }
  const Argument cursor = shaped({2}, sateen::DType::kI32);
  for (const int64_t n : {64, 1024}) {
    list.add_speed(SATEEN_OP_GATHER, "u8_f32_n" + std::to_string(n) + "_h28_w28_c1", 0, [=] {
      return op_case(SATEEN_OP_GATHER, sateen_gather_attrs{1.0F / 255, 0},
                     {shaped({n, 28, 28, 1}, sateen::DType::kU8), shaped({n}, sateen::DType::kI32), cursor},
                     {shaped({n, 28, 28, 1})});
    });
  }
}

const CaseFile kFile(add_gather_cases);

}  // namespace
}  // namespace conformance
