// LeakyReLU, any shape.
#include <cmath>
#include <limits>

#include "suite.hpp"

namespace conformance {
namespace {

OpCase forward(const Dims& dims, float alpha, const std::vector<float>& src) {
  return op_case(SATEEN_OP_LEAKY_RELU_FORWARD, sateen_leaky_relu_attrs{alpha}, {source(dims, src)},
                 {result(dims, oracle::leaky_relu_forward(static_cast<double>(alpha), widen(src)), kElementwise)});
}

OpCase backward(const Dims& dims, float alpha, const std::vector<float>& dst, const std::vector<float>& diff) {
  return op_case(
      SATEEN_OP_LEAKY_RELU_BACKWARD, sateen_leaky_relu_attrs{alpha}, {source(dims, dst), source(dims, diff)},
      {result(dims, oracle::leaky_relu_backward(static_cast<double>(alpha), widen(dst), widen(diff)), kElementwise)});
}

std::string name_of(const Dims& dims) {
  std::string name = "dims";
  for (const int64_t d : dims) name += "_" + std::to_string(d);
  return name;
}

/// Every value that is a corner of the definition, at every place modulo a vector's width.
std::vector<float> corners() {
  const float inf = std::numeric_limits<float>::infinity();
  const std::vector<float> some = {std::nanf(""), -inf, inf, 0.0F, -0.0F, 1.5F, -1.5F};
  std::vector<float> all;
  for (size_t i = 0; i < 7 * 33; ++i) all.push_back(some[i % some.size()]);
  return all;
}

void add_leaky_relu_cases(CaseList& list) {
  const std::vector<std::pair<Dims, float>> shapes = {
      {{2, 28, 28, 32}, 0.1F},    {{3, 128}, 0.1F},       {{1}, 0.1F},   {{7}, 0.0F}, {{31, 3}, 0.25F},
      {{1, 2, 3, 1, 5, 7}, 2.0F}, {{64, 7, 7, 3}, 0.01F}, {{1025}, 1.0F}};
  for (const auto& [dims, alpha] : shapes) {
    const std::string name = name_of(dims);
    const Dims shape = dims;
    const float slope = alpha;
    const auto draw = [shape, name](uint64_t more) {
      oracle::Random random(seed_of("leaky_relu/" + name) + more);
      return random.values(source(shape, std::vector<float>{}).elements());
    };
    list.add(SATEEN_OP_LEAKY_RELU_FORWARD, name, [=] { return forward(shape, slope, draw(0)); });
    list.add(SATEEN_OP_LEAKY_RELU_BACKWARD, name, [=] { return backward(shape, slope, draw(0), draw(1)); });
  }
  const Dims dims = {7 * 33};
  for (const float alpha : {0.1F, 0.0F}) {
    const std::string name = alpha > 0 ? "nan_and_infinity" : "nan_and_infinity_alpha_0";
    list.add(SATEEN_OP_LEAKY_RELU_FORWARD, name, [=] { return forward(dims, alpha, corners()); });
    list.add(SATEEN_OP_LEAKY_RELU_BACKWARD, name,
             [=] { return backward(dims, alpha, corners(), std::vector<float>(7 * 33, 3.0F)); });
    list.add(SATEEN_OP_LEAKY_RELU_BACKWARD, name + "_in_diff",
             [=] { return backward(dims, alpha, oracle::Random(5).values(7 * 33), corners()); });
  }
  using Relu = sateen_leaky_relu_attrs;
  const std::vector<Fault> faults = {
      attrs_fault<Relu>("alpha_nan", [](Relu& a) { a.alpha = std::nanf(""); }),
      attrs_fault<Relu>("alpha_infinite", [](Relu& a) { a.alpha = std::numeric_limits<float>::infinity(); }),
      attrs_fault<Relu>("alpha_negative", [](Relu& a) { a.alpha = -0.1F; })};
  for (const uint32_t kind : {SATEEN_OP_LEAKY_RELU_FORWARD, SATEEN_OP_LEAKY_RELU_BACKWARD})
    list.add_rules(kind, {.start = "dims_31_3", .jumps = kind == SATEEN_OP_LEAKY_RELU_BACKWARD, .faults = faults});
  for (const Dims& shape : {Dims{64, 28, 28, 32}, Dims{64, 14, 14, 64}, Dims{64, 128}}) {
    const Relu attrs{0.1F};
    const Argument x = shaped(shape);
    list.add_speed(SATEEN_OP_LEAKY_RELU_FORWARD, name_of(shape), 0,
                   [=] { return op_case(SATEEN_OP_LEAKY_RELU_FORWARD, attrs, {x}, {x}); });
    list.add_speed(SATEEN_OP_LEAKY_RELU_BACKWARD, name_of(shape), 0, [=] {
      return op_case(SATEEN_OP_LEAKY_RELU_BACKWARD, attrs, {x, x}, {x});
    });
  }
}

const CaseFile kFile(add_leaky_relu_cases);

}  // namespace
}  // namespace conformance
