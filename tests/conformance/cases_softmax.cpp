// Softmax, and the loss with its gradient.
#include <cmath>
#include <limits>

#include "suite.hpp"

namespace conformance {
namespace {

const float kInf = std::numeric_limits<float>::infinity();

std::vector<float> draw_logits(const std::string& name, int64_t count, float spread) {
  std::vector<float> x = oracle::Random(seed_of("softmax/" + name)).values(static_cast<uint64_t>(count));
  for (float& v : x) v *= spread;
  return x;
}

OpCase softmax(int64_t n, int64_t c, const std::vector<float>& src) {
  return op_case(SATEEN_OP_SOFTMAX, {source({n, c}, src)},
                 {result({n, c}, oracle::softmax(n, c, widen(src)), kSoftmax)});
}

struct Loss {
  std::string name;
  int64_t n = 1, c = 10;
  std::vector<int32_t> valid;  ///< the whole table
  std::vector<int32_t> cursor = {0, 0};
  float spread = 4;
  bool gradient = true;
  std::vector<std::pair<size_t, float>> logits = {};    ///< overwritten ones
  std::vector<std::pair<size_t, int32_t>> labels = {};  ///< overwritten ones
  bool any_count = false;                               ///< with NaN among the logits there is no largest
};

OpCase build(const Loss& l) {
  oracle::Random random(seed_of("loss/" + l.name));
  std::vector<float> logits = draw_logits(l.name, l.n * l.c, l.spread);
  for (const auto& [at, x] : l.logits) logits[at] = x;
  std::vector<int32_t> labels;
  for (int64_t i = 0; i < l.n; ++i) labels.push_back(static_cast<int32_t>(random.below(static_cast<uint32_t>(l.c))));
  for (const auto& [at, x] : l.labels) labels[at] = x;

  const auto row = static_cast<size_t>(l.cursor[0]);
  const oracle::Loss want = oracle::softmax_cross_entropy(l.n, l.c, widen(logits), labels, l.valid[row]);
  const auto rows = static_cast<int64_t>(l.valid.size());
  const std::vector<float> log = random.values(2 * l.valid.size());
  oracle::Values after = widen(log);
  after[2 * row] = want.loss;
  after[2 * row + 1] = want.correct;
  Argument log_argument = result({rows, 2}, after, kExact);
  log_argument.before = bytes_of(log);
  log_argument.expect.allowed[2 * row] = allowed_error({want.loss}, kLoss)[0];
  if (l.any_count) log_argument.expect.allowed[2 * row + 1] = std::nan("");
  return op_case(SATEEN_OP_SOFTMAX_CROSS_ENTROPY,
                 {source({l.n, l.c}, logits), source({l.n}, labels), source({rows}, l.valid), source({2}, l.cursor)},
                 {std::move(log_argument), l.gradient ? result({l.n, l.c}, want.diff, kLossGradient) : none()});
}

std::vector<Loss> losses() {
  const float nan = std::nanf("");
  return {
      {"network_full_batch", 64, 10, {64}},
      {"network_partial_batch", 64, 10, {64, 37, 64}, {1, 5}},
      {"nothing_valid", 5, 10, {5, 0}, {1, 1}},
      {"one_valid", 5, 10, {1}},
      {"last_row_of_many", 7, 3, {7, 7, 7, 7, 7, 7, 7, 6}, {7, 7}},
      {"no_gradient", 31, 7, {30}, {0, 0}, 4, false},
      {"one_class", 3, 1, {3}},
      {"one_sample", 1, 10, {1}},
      {"odd", 31, 31, {31}},
      {"many_classes", 3, 1000, {2}},
      {"huge_logits", 7, 10, {7}, {0, 0}, 1e4F},
      {"ties_count_for_the_first", 4, 3, {4}, {0, 0}, 0.0F, true, {}, {{0, 0}, {1, 1}, {2, 2}, {3, 0}}},
      {"label_too_large", 4, 10, {4}, {0, 0}, 4, true, {}, {{2, 10}}},
      {"label_negative", 4, 10, {4}, {0, 0}, 4, true, {}, {{0, -1}}},
      {"foreign_label_past_valid", 4, 10, {3}, {0, 0}, 4, true, {}, {{3, 99}}},
      {"nan_logit", 4, 10, {4}, {0, 0}, 4, true, {{13, nan}}, {}, true},
      {"nan_past_valid", 4, 10, {2}, {0, 0}, 4, true, {{33, nan}}},
      {"infinite_logit", 4, 10, {4}, {0, 0}, 4, true, {{13, kInf}}},
      {"label_at_negative_infinity", 2, 4, {2}, {0, 0}, 4, true, {{1, -kInf}}, {{0, 1}}},
      {"elsewhere_negative_infinity", 2, 4, {2}, {0, 0}, 4, true, {{1, -kInf}}, {{0, 0}}},
  };
}

void add_softmax_cases(CaseList& list) {
  const std::vector<std::pair<int64_t, int64_t>> shapes = {{1, 1},   {1, 10}, {64, 10}, {3, 7},
                                                           {31, 31}, {7, 1},  {2, 1000}};
  for (const auto& [rows, classes] : shapes) {
    const int64_t n = rows, c = classes;
    const std::string name = "n" + std::to_string(n) + "_c" + std::to_string(c);
    list.add(SATEEN_OP_SOFTMAX, name, [=] { return softmax(n, c, draw_logits(name, n * c, 8)); });
  }
  list.add(SATEEN_OP_SOFTMAX, "huge", [] { return softmax(2, 3, {3e38F, -3e38F, 3e38F, -1e4F, -1e4F, -2e4F}); });
  list.add(SATEEN_OP_SOFTMAX, "nan_and_infinity", [] {
    const float nan = std::nanf("");
    return softmax(5, 3, {1, nan, 2, kInf, 0, 1, -kInf, 0, 1, -kInf, -kInf, -kInf, nan, 1, 2});
  });
  for (const Loss& l : losses()) list.add(SATEEN_OP_SOFTMAX_CROSS_ENTROPY, l.name, [l] { return build(l); });
  list.add_rules(SATEEN_OP_SOFTMAX, {.start = "n3_c7", .bound = kSoftmax});
  list.add_rules(SATEEN_OP_SOFTMAX_CROSS_ENTROPY,
                 {.start = "network_partial_batch",
                  .optional = {"dst1"},
                  .bound = kLossGradient,
                  .roles = {{"src1", Role::kLabels}, {"src2", Role::kValid}, {"src3", Role::kCursor}},
                  .jumps = true});
  for (const int64_t n : {64, 1024}) {
    const std::string name = "n" + std::to_string(n) + "_c10";
    const Argument x = shaped({n, 10}), labels = shaped({n}, sateen::DType::kI32),
                   one = shaped({1}, sateen::DType::kI32), cursor = shaped({2}, sateen::DType::kI32);
    list.add_speed(SATEEN_OP_SOFTMAX, name, 0, [=] { return op_case(SATEEN_OP_SOFTMAX, {x}, {x}); });
    list.add_speed(SATEEN_OP_SOFTMAX_CROSS_ENTROPY, name, 0, [=] {
      return op_case(SATEEN_OP_SOFTMAX_CROSS_ENTROPY, {x, labels, one, cursor}, {shaped({1, 2}), x});
    });
  }
}

const CaseFile kFile(add_softmax_cases);

}  // namespace
}  // namespace conformance
