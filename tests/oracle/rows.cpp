// Everything that works on elements or on rows: dense, activation, dropout, softmax, loss, optimizer, gather.
#include <cmath>

#include "oracle.hpp"

namespace oracle {
namespace {

size_t at(int64_t row, int64_t columns, int64_t column) {
  return static_cast<size_t>(row * columns + column);
}

double largest(const double* row, int64_t c) {
  double max = row[0];
  for (int64_t j = 1; j < c; ++j)
    if (row[j] > max) max = row[j];
  return max;
}

/// ln Σ exp(row − max)
double log_of_sum(const double* row, int64_t c, double max) {
  double sum = 0;
  for (int64_t j = 0; j < c; ++j) sum += std::exp(row[j] - max);
  return std::log(sum);
}

}  // namespace

Values leaky_relu_forward(double alpha, const Values& src) {
  Values dst;
  for (const double x : src) dst.push_back(x > 0 ? x : alpha * x);
  return dst;
}

Values leaky_relu_backward(double alpha, const Values& dst, const Values& diff_dst) {
  Values diff_src;
  for (size_t i = 0; i < dst.size(); ++i) diff_src.push_back(dst[i] > 0 ? diff_dst[i] : alpha * diff_dst[i]);
  return diff_src;
}

Values dense_forward(int64_t n, int64_t in, int64_t out, const Values& src, const Values& weights, const Values* bias) {
  Values dst(static_cast<size_t>(n * out), 0.0);
  for (int64_t i = 0; i < n; ++i)
    for (int64_t o = 0; o < out; ++o) {
      double sum = bias == nullptr ? 0.0 : (*bias)[static_cast<size_t>(o)];
      for (int64_t j = 0; j < in; ++j) sum += src[at(i, in, j)] * weights[at(j, out, o)];
      dst[at(i, out, o)] = sum;
    }
  return dst;
}

Values dense_backward_data(int64_t n, int64_t in, int64_t out, const Values& diff_dst, const Values& weights) {
  Values diff_src(static_cast<size_t>(n * in), 0.0);
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < in; ++j)
      for (int64_t o = 0; o < out; ++o) diff_src[at(i, in, j)] += diff_dst[at(i, out, o)] * weights[at(j, out, o)];
  return diff_src;
}

WeightsGradient dense_backward_weights(int64_t n, int64_t in, int64_t out, const Values& src, const Values& diff_dst) {
  WeightsGradient r{Values(static_cast<size_t>(in * out), 0.0), Values(static_cast<size_t>(out), 0.0)};
  for (int64_t i = 0; i < n; ++i)
    for (int64_t o = 0; o < out; ++o) {
      r.bias[static_cast<size_t>(o)] += diff_dst[at(i, out, o)];
      for (int64_t j = 0; j < in; ++j) r.weights[at(j, out, o)] += src[at(i, in, j)] * diff_dst[at(i, out, o)];
    }
  return r;
}

Values dropout(const Dropout& d, uint32_t step, const Values& src) {
  Values dst;
  for (size_t e = 0; e < src.size(); ++e) {
    const bool keep = dropout_word(d.seed, step, d.stream, d.first_element + e) >= d.threshold;
    dst.push_back(keep ? src[e] * d.scale : 0.0);
  }
  return dst;
}

Values softmax(int64_t n, int64_t c, const Values& src) {
  Values dst(src.size());
  for (int64_t i = 0; i < n; ++i) {
    const double* row = &src[at(i, c, 0)];
    const double max = largest(row, c);
    double sum = 0;
    for (int64_t j = 0; j < c; ++j) sum += std::exp(row[j] - max);
    for (int64_t j = 0; j < c; ++j) dst[at(i, c, j)] = std::exp(row[j] - max) / sum;
  }
  return dst;
}

Loss softmax_cross_entropy(int64_t n, int64_t c, const Values& logits, const std::vector<int32_t>& labels,
                           int64_t valid) {
  Loss r;
  r.diff.assign(logits.size(), 0.0);
  const Values p = softmax(n, c, logits);
  for (int64_t i = 0; i < valid; ++i) {
    const int64_t label = labels[static_cast<size_t>(i)];
    if (label < 0 || label >= c) {
      r.loss = std::nan("");
      continue;
    }
    const double* row = &logits[at(i, c, 0)];
    const double max = largest(row, c);
    r.loss -= (row[label] - max) - log_of_sum(row, c, max);
    int64_t first = 0;
    for (int64_t j = 1; j < c; ++j)
      if (row[j] > row[first]) first = j;
    if (first == label) r.correct += 1;
    for (int64_t j = 0; j < c; ++j)
      r.diff[at(i, c, j)] = (p[at(i, c, j)] - (j == label ? 1.0 : 0.0)) / static_cast<double>(valid);
  }
  return r;
}

AdamState adam(AdamState s, const Values& diff, double lr, double beta1, double beta2, double epsilon) {
  for (size_t i = 0; i < diff.size(); ++i) {
    s.m[i] = beta1 * s.m[i] + (1 - beta1) * diff[i];
    s.v[i] = beta2 * s.v[i] + (1 - beta2) * diff[i] * diff[i];
    s.params[i] -= lr * s.m[i] / (std::sqrt(s.v[i]) + epsilon);
  }
  return s;
}

std::vector<int64_t> gather_places(int64_t count, int64_t batch, const std::vector<int32_t>* indices, int64_t row) {
  std::vector<int64_t> places;
  for (int64_t i = 0; i < batch; ++i) {
    const int64_t entry = row * batch + i;
    const int64_t index = indices == nullptr ? entry : (*indices)[static_cast<size_t>(entry)];
    places.push_back(index >= 0 && index < count ? index : -1);
  }
  return places;
}

Values gather(const Values& data, int64_t sample, const std::vector<int64_t>& places, double scale, double shift) {
  Values batch;
  for (const int64_t place : places)
    for (int64_t j = 0; j < sample; ++j) batch.push_back(place < 0 ? 0.0 : data[at(place, sample, j)] * scale + shift);
  return batch;
}

std::array<int32_t, 2> advance(std::array<int32_t, 2> cursor) {
  return {cursor[0] + 1, cursor[1] + 1};
}

}  // namespace oracle
