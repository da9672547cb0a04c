// Batch normalisation: sums over all axes but the last, over the rows that count.
#include <cmath>
#include <limits>

#include "oracle.hpp"

namespace oracle {
namespace {

/// Calls f(place, channel) for every value of the first `samples` samples.
template <typename F>
void for_each_value(const Channels& g, int64_t samples, const F& f) {
  for (int64_t row = 0; row < samples * g.rows; ++row)
    for (int64_t c = 0; c < g.c; ++c) f(static_cast<size_t>(row * g.c + c), static_cast<size_t>(c));
}

}  // namespace

Values batch_norm(const Channels& g, double epsilon, const Values& src, const Values& scale, const Values& shift,
                  const Values& mean, const Values& variance) {
  Values dst(src.size());
  for_each_value(g, g.n, [&](size_t i, size_t c) {
    dst[i] = (src[i] - mean[c]) / std::sqrt(variance[c] + epsilon) * scale[c] + shift[c];
  });
  return dst;
}

BatchMoments batch_moments(const Channels& g, int64_t valid, const Values& src) {
  const auto channels = static_cast<size_t>(g.c);
  const auto count = static_cast<double>(valid * g.rows);
  BatchMoments r{Values(channels, 0.0), Values(channels, 0.0)};
  if (valid == 0) return r;
  for_each_value(g, valid, [&](size_t i, size_t c) { r.mean[c] += src[i]; });
  for (double& mean : r.mean) mean /= count;
  for_each_value(g, valid, [&](size_t i, size_t c) { r.variance[c] += (src[i] - r.mean[c]) * (src[i] - r.mean[c]); });
  for (double& variance : r.variance) {
    variance /= count;
    if (variance > static_cast<double>(std::numeric_limits<float>::max())) variance = std::nan("");
  }
  return r;
}

Values follow(double momentum, const Values& running, const Values& now) {
  Values r;
  for (size_t c = 0; c < running.size(); ++c) r.push_back(momentum * running[c] + (1 - momentum) * now[c]);
  return r;
}

NormGradient batch_norm_backward(const Channels& g, int64_t valid, const Values& src, const Values& scale,
                                 const Values& mean, const Values& inverse, const Values& diff_dst) {
  const auto channels = static_cast<size_t>(g.c);
  const auto count = static_cast<double>(valid * g.rows);
  NormGradient r{Values(src.size(), 0.0), Values(channels, 0.0), Values(channels, 0.0)};
  const auto x = [&](size_t i, size_t c) { return (src[i] - mean[c]) * inverse[c]; };
  for_each_value(g, valid, [&](size_t i, size_t c) {
    r.shift[c] += diff_dst[i];
    r.scale[c] += diff_dst[i] * x(i, c);
  });
  for_each_value(g, valid, [&](size_t i, size_t c) {
    r.src[i] = scale[c] * inverse[c] * (diff_dst[i] - (r.shift[c] + x(i, c) * r.scale[c]) / count);
  });
  return r;
}

}  // namespace oracle
