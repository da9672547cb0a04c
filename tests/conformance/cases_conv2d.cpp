// Convolution: forward and both backward passes, over the network's own shapes and odd ones.
#include <cmath>

#include "suite.hpp"
#include "window_shapes.hpp"

namespace conformance {
namespace {

struct Conv {
  oracle::Window g;
  int64_t k = 1;
  bool bias = true;
};

std::string title_of(const Conv& c) {
  return name_of(c.g, c.k) + (c.bias ? "" : "_nobias");
}

std::vector<Conv> shapes() {
  return {
      // the network's three, as they are and with a partial batch
      {{2, 28, 28, 1, 3, 3, 1, 1, 1, 1, 1, 1}, 32},
      {{2, 14, 14, 32, 3, 3, 1, 1, 1, 1, 1, 1}, 64},
      {{2, 7, 7, 64, 3, 3, 1, 1, 1, 1, 1, 1}, 128},
      {{5, 14, 14, 32, 3, 3, 1, 1, 1, 1, 1, 1}, 64, false},
      // one of everything
      {{1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0}, 1},
      {{1, 1, 1, 3, 3, 3, 1, 1, 1, 1, 1, 1}, 7},
      {{7, 1, 31, 1, 1, 3, 1, 1, 0, 1, 0, 1}, 3},
      {{1, 31, 1, 7, 3, 1, 1, 1, 1, 0, 1, 0}, 31},
      // kernels 1, 2, 3, 5; odd channels
      {{3, 7, 7, 3, 1, 1, 1, 1, 0, 0, 0, 0}, 7},
      {{1, 7, 31, 31, 1, 1, 2, 2, 0, 0, 0, 0}, 3, false},
      {{3, 3, 7, 7, 2, 2, 1, 1, 0, 0, 1, 1}, 31},
      {{1, 31, 31, 3, 2, 2, 2, 2, 1, 1, 0, 0}, 7},
      {{3, 7, 31, 3, 3, 3, 2, 2, 1, 0, 1, 1}, 7},
      {{1, 31, 7, 31, 3, 3, 1, 1, 0, 0, 0, 0}, 1},
      {{2, 7, 7, 1, 5, 5, 1, 1, 2, 2, 2, 2}, 31},
      {{1, 31, 31, 7, 5, 5, 2, 2, 4, 0, 1, 3}, 3},
      // asymmetric in everything; pixels that no window touches at the bottom and right
      {{2, 9, 11, 5, 3, 2, 1, 2, 2, 1, 0, 0}, 6},
      {{2, 11, 9, 5, 2, 3, 2, 1, 0, 2, 1, 0}, 6, false},
      {{3, 8, 8, 3, 2, 2, 3, 3, 0, 0, 0, 0}, 5},
      {{1, 10, 9, 2, 1, 3, 2, 3, 0, 2, 0, 0}, 17},
      // padding as wide as it may be; a kernel larger than the image
      {{2, 3, 3, 3, 3, 3, 1, 1, 2, 2, 2, 2}, 3},
      {{1, 1, 2, 4, 5, 5, 1, 1, 4, 4, 4, 4}, 8},
      // vector widths hit and missed by one
      {{2, 7, 7, 16, 3, 3, 1, 1, 1, 1, 1, 1}, 16},
      {{2, 7, 7, 15, 3, 3, 1, 1, 1, 1, 1, 1}, 17},
      {{2, 13, 15, 33, 3, 3, 1, 1, 1, 1, 1, 1}, 65},
      {{1, 14, 14, 32, 3, 3, 2, 2, 0, 0, 1, 1}, 64},
      {{31, 7, 7, 3, 3, 3, 1, 1, 1, 1, 1, 1}, 7},
      {{1, 3, 3, 4, 2, 2, 1, 1, 1, 1, 0, 0}, 8},
      // tiles of four by four: whole ones, cut ones, and all paddings
      {{2, 8, 12, 32, 3, 3, 1, 1, 1, 1, 1, 1}, 32},
      {{1, 9, 6, 32, 3, 3, 1, 1, 0, 2, 2, 0}, 32},
      {{1, 6, 9, 32, 3, 3, 1, 1, 2, 0, 0, 2}, 64, false},
      {{3, 3, 5, 64, 3, 3, 1, 1, 2, 2, 2, 2}, 32},
      {{1, 5, 4, 96, 3, 3, 1, 1, 0, 0, 0, 0}, 96},
      {{1, 1, 1, 32, 3, 3, 1, 1, 1, 1, 1, 1}, 32},
  };
}

std::vector<Conv> drawn_shapes() {
  const std::vector<int64_t> channels = {1, 3, 7, 8, 15, 16, 17, 31, 32, 33};
  oracle::Random random(7001);
  std::vector<Conv> shapes;
  while (shapes.size() < 100) {
    Conv c{draw_window(random, channels), pick(random, channels), random.below(4) > 0};
    const oracle::Window& g = c.g;
    const int64_t products = g.n * g.rows() * g.columns() * g.extent_y * g.extent_x * g.c * c.k;
    if (products < 3000000) shapes.push_back(c);  // the oracle takes its time
  }
  return shapes;
}

sateen_conv2d_attrs attrs_of(const oracle::Window& g) {
  const auto i = [](int64_t x) { return static_cast<int32_t>(x); };
  return {i(g.stride_y), i(g.stride_x), i(g.top), i(g.left), i(g.bottom), i(g.right)};
}

struct Tensors {
  Dims src, weights, bias, dst;
  std::vector<float> src_data, weights_data, bias_data, dst_data;
};

Tensors draw(const Conv& c) {
  const oracle::Window& g = c.g;
  oracle::Random random(seed_of("conv2d/" + title_of(c)));
  Tensors t{{g.n, g.h, g.w, g.c},
            {g.extent_y, g.extent_x, g.c, c.k},
            {c.k},
            {g.n, g.rows(), g.columns(), c.k},
            {},
            {},
            {},
            {}};
  const auto fill = [&](const Dims& dims) {
    uint64_t count = 1;
    for (const int64_t d : dims) count *= static_cast<uint64_t>(d);
    return random.values(count);
  };
  t.src_data = fill(t.src);
  t.weights_data = fill(t.weights);
  t.bias_data = fill(t.bias);
  t.dst_data = fill(t.dst);
  return t;
}

OpCase forward(const Conv& c) {
  const Tensors t = draw(c);
  const oracle::Values bias = widen(t.bias_data);
  oracle::Values dst =
      oracle::conv2d_forward(c.g, c.k, widen(t.src_data), widen(t.weights_data), c.bias ? &bias : nullptr);
  return op_case(
      SATEEN_OP_CONV2D_FORWARD, attrs_of(c.g),
      {source(t.src, t.src_data), source(t.weights, t.weights_data), c.bias ? source(t.bias, t.bias_data) : none()},
      {result(t.dst, std::move(dst), kConvolution)});
}

OpCase backward_data(const Conv& c) {
  const Tensors t = draw(c);
  return op_case(
      SATEEN_OP_CONV2D_BACKWARD_DATA, attrs_of(c.g), {source(t.dst, t.dst_data), source(t.weights, t.weights_data)},
      {result(t.src, oracle::conv2d_backward_data(c.g, c.k, widen(t.dst_data), widen(t.weights_data)), kConvolution)});
}

OpCase backward_weights(const Conv& c) {
  const Tensors t = draw(c);
  oracle::WeightsGradient d = oracle::conv2d_backward_weights(c.g, c.k, widen(t.src_data), widen(t.dst_data));
  return op_case(SATEEN_OP_CONV2D_BACKWARD_WEIGHTS, attrs_of(c.g),
                 {source(t.src, t.src_data), source(t.dst, t.dst_data)},
                 {result(t.weights, std::move(d.weights), kConvolution),
                  c.bias ? result(t.bias, std::move(d.bias), kConvolution) : none()});
}

/// Outputs whose window sees the NaN are NaN. Others may be: fast algorithms spread it within their tile.
OpCase nan_in_src() {
  const Conv c{{1, 8, 9, 3, 3, 3, 1, 1, 1, 1, 1, 1}, 5};
  Tensors t = draw(c);
  t.src_data[((4 * 9) + 5) * 3 + 1] = std::nanf("");
  const oracle::Values bias = widen(t.bias_data);
  Argument dst =
      result(t.dst, oracle::conv2d_forward(c.g, c.k, widen(t.src_data), widen(t.weights_data), &bias), kConvolution);
  for (size_t i = 0; i < dst.expect.value.size(); ++i)
    if (!std::isnan(dst.expect.value[i])) dst.expect.allowed[i] = std::nan("");
  return op_case(SATEEN_OP_CONV2D_FORWARD, attrs_of(c.g),
                 {source(t.src, t.src_data), source(t.weights, t.weights_data), source(t.bias, t.bias_data)},
                 {std::move(dst)});
}

/// The networks' five convolutions with many channels and the first, one without padding's even size, one by 1×1.
void add_speeds(CaseList& list) {
  const std::vector<Conv> shapes = {
      {{64, 28, 28, 1, 3, 3, 1, 1, 1, 1, 1, 1}, 32},  {{64, 14, 14, 32, 3, 3, 1, 1, 1, 1, 1, 1}, 64},
      {{64, 14, 14, 64, 3, 3, 1, 1, 1, 1, 1, 1}, 64}, {{64, 7, 7, 64, 3, 3, 1, 1, 1, 1, 1, 1}, 128},
      {{64, 7, 7, 128, 3, 3, 1, 1, 1, 1, 1, 1}, 128}, {{16, 56, 56, 64, 1, 1, 1, 1, 0, 0, 0, 0}, 64},
      {{16, 32, 32, 3, 5, 5, 2, 2, 2, 2, 2, 2}, 32}};
  for (const Conv& c : shapes) {
    const Argument src = shaped({c.g.n, c.g.h, c.g.w, c.g.c}),
                   weights = shaped({c.g.extent_y, c.g.extent_x, c.g.c, c.k}), bias = shaped({c.k}),
                   dst = shaped({c.g.n, c.g.rows(), c.g.columns(), c.k});
    const double flops = 2.0 * static_cast<double>(dst.elements() * weights.elements()) / static_cast<double>(c.k);
    list.add_speed(SATEEN_OP_CONV2D_FORWARD, title_of(c), flops, [=] {
      return op_case(SATEEN_OP_CONV2D_FORWARD, attrs_of(c.g), {src, weights, bias}, {dst});
    });
    list.add_speed(SATEEN_OP_CONV2D_BACKWARD_DATA, title_of(c), flops, [=] {
      return op_case(SATEEN_OP_CONV2D_BACKWARD_DATA, attrs_of(c.g), {dst, weights}, {src});
    });
    list.add_speed(SATEEN_OP_CONV2D_BACKWARD_WEIGHTS, title_of(c), flops, [=] {
      return op_case(SATEEN_OP_CONV2D_BACKWARD_WEIGHTS, attrs_of(c.g), {src, dst}, {weights, bias});
    });
  }
}

void add_conv2d_cases(CaseList& list) {
  std::vector<Conv> all = shapes();
  for (const Conv& c : drawn_shapes()) all.push_back(c);
  for (const Conv& c : all) {
    list.add(SATEEN_OP_CONV2D_FORWARD, title_of(c), [c] { return forward(c); });
    list.add(SATEEN_OP_CONV2D_BACKWARD_WEIGHTS, title_of(c), [c] { return backward_weights(c); });
    if (c.bias) list.add(SATEEN_OP_CONV2D_BACKWARD_DATA, title_of(c), [c] { return backward_data(c); });
  }
  list.add(SATEEN_OP_CONV2D_FORWARD, "nan_is_seen", nan_in_src);
  const std::string start = "n3_h7_w31_c3_k7_k3x3_s2x2_p1011";
  const std::vector<Fault> faults = window_faults<sateen_conv2d_attrs>();
  list.add_rules(SATEEN_OP_CONV2D_FORWARD, {.start = start,
                                            .optional = {"src2"},
                                            .bound = kConvolution,
                                            .roles = {{"src1", Role::kWeights}},
                                            .faults = faults});
  list.add_rules(SATEEN_OP_CONV2D_BACKWARD_DATA,
                 {.start = start, .bound = kConvolution, .roles = {{"src1", Role::kWeights}}, .faults = faults});
  list.add_rules(SATEEN_OP_CONV2D_BACKWARD_WEIGHTS,
                 {.start = start, .optional = {"dst1"}, .bound = kConvolution, .faults = faults});
  add_speeds(list);
}

const CaseFile kFile(add_conv2d_cases);

}  // namespace
}  // namespace conformance
