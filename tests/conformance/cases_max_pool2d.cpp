// Max-pooling: the network's pools, odd windows, ties, NaN and −∞. Everything is exact: the gradients are multiples of
// 1/64, so their sums are, in any order.
#include <cmath>
#include <limits>

#include "suite.hpp"
#include "window_shapes.hpp"

namespace conformance {
namespace {

using oracle::Window;

std::vector<Window> shapes() {
  return {
      {2, 28, 28, 32, 2, 2, 2, 2, 0, 0, 0, 0}, {2, 14, 14, 64, 2, 2, 2, 2, 0, 0, 0, 0},
      {3, 7, 7, 128, 2, 2, 2, 2, 0, 0, 1, 1},  {1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0},
      {1, 1, 1, 7, 2, 2, 2, 2, 0, 0, 1, 1},    {1, 1, 1, 7, 2, 2, 1, 1, 1, 1, 0, 0},
      {3, 7, 31, 3, 3, 3, 2, 2, 1, 0, 1, 1},   {3, 31, 7, 31, 2, 2, 1, 1, 0, 0, 0, 0},
      {1, 31, 31, 1, 5, 5, 3, 3, 2, 4, 1, 3},  {2, 7, 7, 17, 3, 2, 1, 2, 2, 1, 0, 0},
      {7, 3, 3, 16, 2, 2, 3, 3, 0, 0, 0, 0},   {2, 9, 8, 5, 1, 4, 2, 3, 0, 3, 0, 1},
      {31, 3, 5, 3, 3, 5, 1, 1, 0, 0, 0, 0},   {2, 8, 8, 33, 3, 3, 2, 2, 0, 0, 1, 1},
  };
}

sateen_max_pool2d_attrs attrs_of(const Window& g) {
  const auto i = [](int64_t x) { return static_cast<int32_t>(x); };
  return {i(g.extent_y), i(g.extent_x), i(g.stride_y), i(g.stride_x), i(g.top), i(g.left), i(g.bottom), i(g.right)};
}

enum class Content { kRandom, kTies, kConstant, kNegativeInfinity, kNan };

std::vector<float> fill(const Window& g, Content content, oracle::Random& random) {
  std::vector<float> src = random.values(static_cast<uint64_t>(g.n * g.h * g.w * g.c));
  const float inf = std::numeric_limits<float>::infinity();
  for (float& x : src) {
    const uint32_t die = random.below(6);
    if (content == Content::kTies) x = static_cast<float>(die % 3) - 1.5F;
    if (content == Content::kConstant) x = -2.5F;
    if (content == Content::kNegativeInfinity) x = die < 5 ? -inf : x;
    if (content == Content::kNan && die < 2) x = std::nanf("");
    if (content == Content::kNan && die == 2) x = inf;
  }
  return src;
}

OpCase forward(const Window& g, Content content, const std::string& name) {
  oracle::Random random(seed_of("pool/" + name));
  const std::vector<float> src = fill(g, content, random);
  return op_case(SATEEN_OP_MAX_POOL2D_FORWARD, attrs_of(g), {source({g.n, g.h, g.w, g.c}, src)},
                 {result({g.n, g.rows(), g.columns(), g.c}, oracle::max_pool2d_forward(g, widen(src)), kExact)});
}

OpCase backward(const Window& g, Content content, const std::string& name) {
  oracle::Random random(seed_of("pool/" + name));
  const std::vector<float> src = fill(g, content, random);
  std::vector<float> diff(static_cast<size_t>(g.n * g.rows() * g.columns() * g.c));
  for (float& x : diff) x = (static_cast<float>(random.below(255)) - 127.0F) / 64.0F;
  return op_case(SATEEN_OP_MAX_POOL2D_BACKWARD, attrs_of(g),
                 {source({g.n, g.h, g.w, g.c}, src), source({g.n, g.rows(), g.columns(), g.c}, diff)},
                 {result({g.n, g.h, g.w, g.c}, oracle::max_pool2d_backward(g, widen(src), widen(diff)), kExact)});
}

void add_max_pool2d_cases(CaseList& list) {
  const auto add = [&](const Window& g, Content content, const std::string& name) {
    list.add(SATEEN_OP_MAX_POOL2D_FORWARD, name, [=] { return forward(g, content, name); });
    list.add(SATEEN_OP_MAX_POOL2D_BACKWARD, name, [=] { return backward(g, content, name); });
  };
  std::vector<Window> all = shapes();
  oracle::Random random(7002);
  for (int i = 0; i < 60; ++i) all.push_back(draw_window(random, {1, 3, 7, 8, 16, 17, 31, 33}));
  for (const Window& g : all) add(g, Content::kRandom, name_of(g));
  const std::vector<Window> special = {{2, 7, 7, 19, 2, 2, 2, 2, 0, 0, 1, 1},
                                       {1, 9, 10, 16, 3, 3, 2, 2, 1, 1, 1, 1},
                                       {2, 6, 5, 3, 2, 3, 1, 1, 1, 2, 0, 1}};
  for (const Window& g : special) {
    add(g, Content::kTies, "ties_" + name_of(g));
    add(g, Content::kConstant, "all_equal_" + name_of(g));
    add(g, Content::kNegativeInfinity, "negative_infinity_" + name_of(g));
    add(g, Content::kNan, "nan_" + name_of(g));
  }
  using Pool = sateen_max_pool2d_attrs;
  std::vector<Fault> faults = window_faults<Pool>();
  faults.push_back(attrs_fault<Pool>("window_0", [](Pool& a) { a.window_y = 0; }));
  faults.push_back(attrs_fault<Pool>("window_negative", [](Pool& a) { a.window_x = -3; }));
  faults.push_back(attrs_fault<Pool>("window_other", [](Pool& a) { a.window_y = 5; }));
  for (const uint32_t kind : {SATEEN_OP_MAX_POOL2D_FORWARD, SATEEN_OP_MAX_POOL2D_BACKWARD})
    list.add_rules(kind, {.start = "n3_h7_w31_c3_k3x3_s2x2_p1011",
                          .bound = kExact,
                          .jumps = kind == SATEEN_OP_MAX_POOL2D_BACKWARD,
                          .faults = faults});
  for (const Window& g :
       {Window{64, 28, 28, 32, 2, 2, 2, 2, 0, 0, 0, 0}, Window{64, 14, 14, 64, 2, 2, 2, 2, 0, 0, 0, 0},
        Window{64, 7, 7, 128, 2, 2, 2, 2, 0, 0, 1, 1}, Window{16, 32, 32, 64, 3, 3, 2, 2, 1, 1, 1, 1}}) {
    const Argument src = shaped({g.n, g.h, g.w, g.c}), dst = shaped({g.n, g.rows(), g.columns(), g.c});
    list.add_speed(SATEEN_OP_MAX_POOL2D_FORWARD, name_of(g), 0,
                   [=] { return op_case(SATEEN_OP_MAX_POOL2D_FORWARD, attrs_of(g), {src}, {dst}); });
    list.add_speed(SATEEN_OP_MAX_POOL2D_BACKWARD, name_of(g), 0, [=] {
      return op_case(SATEEN_OP_MAX_POOL2D_BACKWARD, attrs_of(g), {src, dst}, {src});
    });
  }
}

const CaseFile kFile(add_max_pool2d_cases);

}  // namespace
}  // namespace conformance
