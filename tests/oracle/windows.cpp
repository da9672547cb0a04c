// Convolution and pooling.
#include <cmath>

#include "oracle.hpp"

namespace oracle {
namespace {

/// An index into [·][b][c][d].
size_t at(int64_t i, int64_t b, int64_t j, int64_t c, int64_t k, int64_t d, int64_t l) {
  return static_cast<size_t>(((i * b + j) * c + k) * d + l);
}

size_t count(int64_t a, int64_t b, int64_t c, int64_t d) {
  return static_cast<size_t>(a * b * c * d);
}

/// Calls f(n, y, x, ky, kx, sy, sx) for every place of every window that lies inside src, windows in row-major order.
template <typename F>
void for_each_tap(const Window& g, F f) {
  for (int64_t n = 0; n < g.n; ++n)
    for (int64_t y = 0; y < g.rows(); ++y)
      for (int64_t x = 0; x < g.columns(); ++x)
        for (int64_t ky = 0; ky < g.extent_y; ++ky)
          for (int64_t kx = 0; kx < g.extent_x; ++kx) {
            const int64_t sy = y * g.stride_y + ky - g.top, sx = x * g.stride_x + kx - g.left;
            if (sy >= 0 && sy < g.h && sx >= 0 && sx < g.w) f(n, y, x, ky, kx, sy, sx);
          }
}

/// For every window and channel the place of its maximum in src: the first of the largest, NaN being larger than any
/// number.
std::vector<size_t> places_of_maxima(const Window& g, const Values& src) {
  const size_t none = src.size();
  std::vector<size_t> place(count(g.n, g.rows(), g.columns(), g.c), none);
  for_each_tap(g, [&](int64_t n, int64_t y, int64_t x, int64_t, int64_t, int64_t sy, int64_t sx) {
    for (int64_t c = 0; c < g.c; ++c) {
      const size_t s = at(n, g.h, sy, g.w, sx, g.c, c);
      size_t& best = place[at(n, g.rows(), y, g.columns(), x, g.c, c)];
      const bool larger = best == none || (std::isnan(src[s]) ? !std::isnan(src[best]) : src[s] > src[best]);
      if (larger) best = s;
    }
  });
  return place;
}

}  // namespace

Values conv2d_forward(const Window& g, int64_t k, const Values& src, const Values& weights, const Values* bias) {
  Values dst(count(g.n, g.rows(), g.columns(), k), 0.0);
  if (bias != nullptr)
    for (size_t i = 0; i < dst.size(); ++i) dst[i] = (*bias)[i % static_cast<size_t>(k)];
  for_each_tap(g, [&](int64_t n, int64_t y, int64_t x, int64_t ky, int64_t kx, int64_t sy, int64_t sx) {
    for (int64_t c = 0; c < g.c; ++c)
      for (int64_t o = 0; o < k; ++o)
        dst[at(n, g.rows(), y, g.columns(), x, k, o)] +=
            src[at(n, g.h, sy, g.w, sx, g.c, c)] * weights[at(ky, g.extent_x, kx, g.c, c, k, o)];
  });
  return dst;
}

Values conv2d_backward_data(const Window& g, int64_t k, const Values& diff_dst, const Values& weights) {
  Values diff_src(count(g.n, g.h, g.w, g.c), 0.0);
  for_each_tap(g, [&](int64_t n, int64_t y, int64_t x, int64_t ky, int64_t kx, int64_t sy, int64_t sx) {
    for (int64_t c = 0; c < g.c; ++c)
      for (int64_t o = 0; o < k; ++o)
        diff_src[at(n, g.h, sy, g.w, sx, g.c, c)] +=
            diff_dst[at(n, g.rows(), y, g.columns(), x, k, o)] * weights[at(ky, g.extent_x, kx, g.c, c, k, o)];
  });
  return diff_src;
}

WeightsGradient conv2d_backward_weights(const Window& g, int64_t k, const Values& src, const Values& diff_dst) {
  WeightsGradient r{Values(count(g.extent_y, g.extent_x, g.c, k), 0.0), Values(static_cast<size_t>(k), 0.0)};
  for_each_tap(g, [&](int64_t n, int64_t y, int64_t x, int64_t ky, int64_t kx, int64_t sy, int64_t sx) {
    for (int64_t c = 0; c < g.c; ++c)
      for (int64_t o = 0; o < k; ++o)
        r.weights[at(ky, g.extent_x, kx, g.c, c, k, o)] +=
            src[at(n, g.h, sy, g.w, sx, g.c, c)] * diff_dst[at(n, g.rows(), y, g.columns(), x, k, o)];
  });
  for (size_t i = 0; i < diff_dst.size(); ++i) r.bias[i % static_cast<size_t>(k)] += diff_dst[i];
  return r;
}

Values max_pool2d_forward(const Window& g, const Values& src) {
  Values dst;
  for (const size_t place : places_of_maxima(g, src)) dst.push_back(src[place]);
  return dst;
}

Values max_pool2d_backward(const Window& g, const Values& src, const Values& diff_dst) {
  Values diff_src(src.size(), 0.0);
  const std::vector<size_t> place = places_of_maxima(g, src);
  for (size_t i = 0; i < place.size(); ++i) diff_src[place[i]] += diff_dst[i];
  return diff_src;
}

}  // namespace oracle
