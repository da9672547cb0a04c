// What a step ends with: Adam and the cursor.
#include <cmath>

#include "suite.hpp"

namespace conformance {
namespace {

struct Adam {
  std::string name;
  Dims dims;
  std::vector<float> lr;
  std::vector<int32_t> cursor = {0, 0};
  sateen_adam_attrs attrs = {0.9F, 0.999F, 1e-7F, 0};
  bool fresh = false;  ///< m and v are zero, as at the start of training
};

OpCase build(const Adam& a) {
  const uint64_t count = source(a.dims, std::vector<float>{}).elements();
  oracle::Random random(seed_of("adam/" + a.name));
  const std::vector<float> params = random.values(count);
  std::vector<float> diff = random.values(count), m = random.values(count), v = random.values(count);
  for (size_t i = 0; i < count; ++i) {
    if (i % 5 == 0) diff[i] = 0;  // gaps and dead units: m and v decay, and 0 / epsilon stays 0
    v[i] = a.fresh ? 0 : v[i] * v[i];
    m[i] = a.fresh ? 0 : m[i];
  }
  const auto row = static_cast<size_t>(a.cursor[0]);
  const oracle::AdamState s = oracle::adam({widen(params), widen(m), widen(v)}, widen(diff),
                                           static_cast<double>(a.lr[row]), static_cast<double>(a.attrs.beta1),
                                           static_cast<double>(a.attrs.beta2), static_cast<double>(a.attrs.epsilon));
  return op_case(SATEEN_OP_ADAM, a.attrs,
                 {source(a.dims, params), source(a.dims, diff), source(a.dims, m), source(a.dims, v),
                  source({static_cast<int64_t>(a.lr.size())}, a.lr), source({2}, a.cursor)},
                 {in_place(0, result(a.dims, s.params, kAdam)), in_place(2, result(a.dims, s.m, kAdam)),
                  in_place(3, result(a.dims, s.v, kAdam))});
}

void add_update_cases(CaseList& list) {
  const std::vector<Adam> cases = {
      {"one", {1}, {1e-3F}},
      {"seven", {7}, {1e-3F}},
      {"odd", {31, 3}, {1e-3F}},
      {"weights_of_a_convolution", {3, 3, 7, 31}, {1e-3F, 2e-3F}, {1, 1}},
      {"many", {100003}, {1e-3F}},
      {"row_4_of_5", {257}, {9, 9, 9, 9, 5e-4F}, {4, 77}},
      {"from_zero", {1025}, {1e-3F}, {0, 0}, {0.9F, 0.999F, 1e-7F, 0}, true},
      {"other_constants", {130}, {1e-2F}, {0, 0}, {0.5F, 0.75F, 1e-2F, 0}},
      {"lr_0", {33}, {0}},
  };
  for (const Adam& a : cases) list.add(SATEEN_OP_ADAM, a.name, [a] { return build(a); });

  for (const std::vector<int32_t>& cursor : std::vector<std::vector<int32_t>>{{0, 0}, {749, 14999}, {-1, 1 << 30}}) {
    list.add(SATEEN_OP_ADVANCE, cursor[0] < 0 ? "from_minus_1" : "from_" + std::to_string(cursor[0]), [cursor] {
      const std::array<int32_t, 2> after = oracle::advance({cursor[0], cursor[1]});
      return op_case(SATEEN_OP_ADVANCE, {source({2}, cursor)},
                     {in_place(0, exact_result({2}, std::vector<int32_t>{after[0], after[1]}))});
    });
  }
  using Attrs = sateen_adam_attrs;
  list.add_rules(SATEEN_OP_ADAM, {.start = "odd",
                                  .any_length = {"src4"},
                                  .bound = kAdam,
                                  .roles = {{"src3", Role::kPositive}, {"src4", Role::kSteps}, {"src5", Role::kCursor}},
                                  .in_place = 0,
                                  .faults = {attrs_fault<Attrs>(
                                      "reserved", [](Attrs& a) { a.reserved = 1; }, kRefused)}});
  list.add_rules(SATEEN_OP_ADVANCE,
                 {.start = "from_0", .bound = kExact, .roles = {{"src0", Role::kCursor}}, .in_place = 0});
  const Argument cursor = shaped({2}, sateen::DType::kI32);
  for (const int64_t n : {356240, 542928, 4000000}) {
    list.add_speed(SATEEN_OP_ADAM, "n" + std::to_string(n), 0, [=] {
      const Argument x = shaped({n});
      return op_case(SATEEN_OP_ADAM, Attrs{0.9F, 0.999F, 1e-7F, 0}, {x, x, x, x, shaped({1}), cursor},
                     {in_place(0, x), in_place(2, x), in_place(3, x)});
    });
  }
  list.add_speed(SATEEN_OP_ADVANCE, "cursor", 0,
                 [=] { return op_case(SATEEN_OP_ADVANCE, {cursor}, {in_place(0, cursor)}); });
}

const CaseFile kFile(add_update_cases);

}  // namespace
}  // namespace conformance
