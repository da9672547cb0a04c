// Naming and drawing shapes of windows.
#include "window_shapes.hpp"

namespace conformance {

std::string name_of(const oracle::Window& g, int64_t k) {
  const auto s = [](int64_t x) { return std::to_string(x); };
  return "n" + s(g.n) + "_h" + s(g.h) + "_w" + s(g.w) + "_c" + s(g.c) + (k > 0 ? "_k" + s(k) : "") + "_k" +
         s(g.extent_y) + "x" + s(g.extent_x) + "_s" + s(g.stride_y) + "x" + s(g.stride_x) + "_p" + s(g.top) +
         s(g.left) + s(g.bottom) + s(g.right);
}

int64_t pick(oracle::Random& random, const std::vector<int64_t>& from) {
  return from[random.below(static_cast<uint32_t>(from.size()))];
}

oracle::Window draw_window(oracle::Random& random, const std::vector<int64_t>& channels) {
  const std::vector<int64_t> sizes = {1, 2, 3, 4, 7, 8, 13, 14, 17, 28, 31}, extents = {1, 2, 3, 3, 5};
  oracle::Window g;
  do {
    g.n = pick(random, {1, 2, 3, 7});
    g.h = pick(random, sizes);
    g.w = pick(random, sizes);
    g.c = pick(random, channels);
    g.extent_y = pick(random, extents);
    g.extent_x = pick(random, extents);
    g.stride_y = pick(random, {1, 1, 2, 3});
    g.stride_x = pick(random, {1, 1, 2, 3});
    const auto padding = [&](int64_t extent) {
      return static_cast<int64_t>(random.below(static_cast<uint32_t>(extent)));
    };
    g.top = padding(g.extent_y);
    g.bottom = padding(g.extent_y);
    g.left = padding(g.extent_x);
    g.right = padding(g.extent_x);
  } while (g.h + g.top + g.bottom < g.extent_y || g.w + g.left + g.right < g.extent_x);
  return g;
}

}  // namespace conformance
