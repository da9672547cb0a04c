// Dense layers: the network's two, and odd sizes.
#include "suite.hpp"
#include "window_shapes.hpp"

namespace conformance {
namespace {

struct Dense {
  int64_t n, in, out;
  bool bias = true;
};

std::string name_of(const Dense& d) {
  return "n" + std::to_string(d.n) + "_i" + std::to_string(d.in) + "_o" + std::to_string(d.out) +
         (d.bias ? "" : "_nobias");
}

std::vector<float> draw(const Dense& d, const char* what, int64_t count) {
  return oracle::Random(seed_of(name_of(d) + what)).values(static_cast<uint64_t>(count));
}

OpCase forward(const Dense& d) {
  const std::vector<float> src = draw(d, "src", d.n * d.in), weights = draw(d, "weights", d.in * d.out),
                           bias = draw(d, "bias", d.out);
  const oracle::Values wide_bias = widen(bias);
  oracle::Values dst =
      oracle::dense_forward(d.n, d.in, d.out, widen(src), widen(weights), d.bias ? &wide_bias : nullptr);
  return op_case(SATEEN_OP_DENSE_FORWARD,
                 {source({d.n, d.in}, src), source({d.in, d.out}, weights), d.bias ? source({d.out}, bias) : none()},
                 {result({d.n, d.out}, std::move(dst), kDense)});
}

OpCase backward_data(const Dense& d) {
  const std::vector<float> diff = draw(d, "diff", d.n * d.out), weights = draw(d, "weights", d.in * d.out);
  return op_case(
      SATEEN_OP_DENSE_BACKWARD_DATA, {source({d.n, d.out}, diff), source({d.in, d.out}, weights)},
      {result({d.n, d.in}, oracle::dense_backward_data(d.n, d.in, d.out, widen(diff), widen(weights)), kDense)});
}

OpCase backward_weights(const Dense& d) {
  const std::vector<float> src = draw(d, "src", d.n * d.in), diff = draw(d, "diff", d.n * d.out);
  oracle::WeightsGradient g = oracle::dense_backward_weights(d.n, d.in, d.out, widen(src), widen(diff));
  return op_case(SATEEN_OP_DENSE_BACKWARD_WEIGHTS, {source({d.n, d.in}, src), source({d.n, d.out}, diff)},
                 {result({d.in, d.out}, std::move(g.weights), kDense),
                  d.bias ? result({d.out}, std::move(g.bias), kDense) : none()});
}

void add_speeds(CaseList& list) {
  for (const Dense& d : {Dense{64, 2048, 128}, Dense{64, 128, 10}, Dense{1, 2048, 128}, Dense{256, 1024, 1024}}) {
    const Argument src = shaped({d.n, d.in}), weights = shaped({d.in, d.out}), bias = shaped({d.out}),
                   dst = shaped({d.n, d.out});
    const double flops = 2.0 * static_cast<double>(d.n * d.in * d.out);
    list.add_speed(SATEEN_OP_DENSE_FORWARD, name_of(d), flops, [=] {
      return op_case(SATEEN_OP_DENSE_FORWARD, {src, weights, bias}, {dst});
    });
    list.add_speed(SATEEN_OP_DENSE_BACKWARD_DATA, name_of(d), flops, [=] {
      return op_case(SATEEN_OP_DENSE_BACKWARD_DATA, {dst, weights}, {src});
    });
    list.add_speed(SATEEN_OP_DENSE_BACKWARD_WEIGHTS, name_of(d), flops, [=] {
      return op_case(SATEEN_OP_DENSE_BACKWARD_WEIGHTS, {src, dst}, {weights, bias});
    });
  }
}

void add_dense_cases(CaseList& list) {
  std::vector<Dense> shapes = {{5, 2048, 128}, {5, 128, 10},       {1, 2048, 128}, {64, 128, 10}, {1, 1, 1},
                               {3, 7, 31},     {31, 3, 7, false},  {7, 31, 1},     {1, 33, 17},   {17, 15, 16},
                               {2, 1, 65},     {65, 64, 3, false}, {9, 100, 48}};
  const std::vector<int64_t> sizes = {1, 2, 3, 5, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 129};
  oracle::Random random(7003);
  for (int i = 0; i < 40; ++i)
    shapes.push_back({pick(random, sizes), pick(random, sizes), pick(random, sizes), random.below(4) > 0});
  for (const Dense& d : shapes) {
    list.add(SATEEN_OP_DENSE_FORWARD, name_of(d), [d] { return forward(d); });
    list.add(SATEEN_OP_DENSE_BACKWARD_WEIGHTS, name_of(d), [d] { return backward_weights(d); });
    if (d.bias) list.add(SATEEN_OP_DENSE_BACKWARD_DATA, name_of(d), [d] { return backward_data(d); });
  }
  list.add_rules(SATEEN_OP_DENSE_FORWARD,
                 {.start = "n3_i7_o31", .optional = {"src2"}, .bound = kDense, .roles = {{"src1", Role::kWeights}}});
  list.add_rules(SATEEN_OP_DENSE_BACKWARD_DATA,
                 {.start = "n3_i7_o31", .bound = kDense, .roles = {{"src1", Role::kWeights}}});
  list.add_rules(SATEEN_OP_DENSE_BACKWARD_WEIGHTS, {.start = "n3_i7_o31", .optional = {"dst1"}, .bound = kDense});
  add_speeds(list);
}

const CaseFile kFile(add_dense_cases);

}  // namespace
}  // namespace conformance
