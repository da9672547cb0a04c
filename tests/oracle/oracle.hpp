// What every operation of the contract means, in plain loops over doubles. Shares no code with the library: the tests
// hold the library against it, so it is written to be read, not to be fast.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace oracle {

using Values = std::vector<double>;

/// Philox4x32-10: one block of four words.
std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

/// Word number `element` of dropout's stream.
uint32_t dropout_word(uint64_t seed, uint32_t step, uint32_t stream, uint64_t element);

/// Numbers for test inputs: the words of one Philox stream.
class Random {
 public:
  explicit Random(uint64_t seed) : seed_(seed) {}
  uint32_t next();
  /// Uniform in [-1, 1), a multiple of 2⁻²³, so exact in f32.
  float value();
  std::vector<float> values(uint64_t count);
  /// 0 … bound−1.
  uint32_t below(uint32_t bound) { return next() % bound; }

 private:
  uint64_t seed_, element_ = 0;
};

/// Windows sliding over [n][h][w][c].
struct Window {
  int64_t n = 1, h = 1, w = 1, c = 1;
  int64_t extent_y = 1, extent_x = 1, stride_y = 1, stride_x = 1;
  int64_t top = 0, left = 0, bottom = 0, right = 0;
  int64_t rows() const { return (h + top + bottom - extent_y) / stride_y + 1; }
  int64_t columns() const { return (w + left + right - extent_x) / stride_x + 1; }
};

/// The gradients of weights and bias.
struct WeightsGradient {
  Values weights, bias;
};

// k is the number of output channels; bias may be null.
Values conv2d_forward(const Window& g, int64_t k, const Values& src, const Values& weights, const Values* bias);
Values conv2d_backward_data(const Window& g, int64_t k, const Values& diff_dst, const Values& weights);
WeightsGradient conv2d_backward_weights(const Window& g, int64_t k, const Values& src, const Values& diff_dst);

Values max_pool2d_forward(const Window& g, const Values& src);
Values max_pool2d_backward(const Window& g, const Values& src, const Values& diff_dst);

Values leaky_relu_forward(double alpha, const Values& src);
Values leaky_relu_backward(double alpha, const Values& dst, const Values& diff_dst);

// src [n][in], weights [in][out]; bias may be null.
Values dense_forward(int64_t n, int64_t in, int64_t out, const Values& src, const Values& weights, const Values* bias);
Values dense_backward_data(int64_t n, int64_t in, int64_t out, const Values& diff_dst, const Values& weights);
WeightsGradient dense_backward_weights(int64_t n, int64_t in, int64_t out, const Values& src, const Values& diff_dst);

struct Dropout {
  uint64_t seed = 0, first_element = 0;
  uint32_t stream = 0, threshold = 0;
  double scale = 1;
};
Values dropout(const Dropout& d, uint32_t step, const Values& src);

Values softmax(int64_t n, int64_t c, const Values& src);

struct Loss {
  double loss = 0, correct = 0;
  Values diff;
};
Loss softmax_cross_entropy(int64_t n, int64_t c, const Values& logits, const std::vector<int32_t>& labels,
                           int64_t valid);

struct AdamState {
  Values params, m, v;
};
AdamState adam(AdamState state, const Values& diff, double lr, double beta1, double beta2, double epsilon);

/// Which sample of `count` each of the `batch` rows takes, -1 for none. indices may be null.
std::vector<int64_t> gather_places(int64_t count, int64_t batch, const std::vector<int32_t>* indices, int64_t row);
/// value · scale + shift, or 0 where the place is -1. sample is the number of values in one.
Values gather(const Values& data, int64_t sample, const std::vector<int64_t>& places, double scale, double shift);

struct Augment {
  uint64_t seed = 0, first_row = 0;
  uint32_t stream = 0;
  bool mirror = false;
  int64_t max_shift = 0;
  double scale = 1, shift = 0;
};
/// What becomes of one image: mirrored, then moved down and to the right.
struct Change {
  bool mirrored = false;
  int64_t down = 0, right = 0;
};
Change draw_change(const Augment& a, uint32_t step, uint64_t row);
/// data [count][h][w][c] of which each row of the batch takes a place, -1 for none.
struct Images {
  int64_t h = 1, w = 1, c = 1;
};
Values augment(const Augment& a, uint32_t step, const Images& g, const Values& data,
               const std::vector<int64_t>& places);
Values change(const Change& change, const Images& g, const Values& image);

/// [n][rows][c]: batch normalisation's axes but the first and the last are one.
struct Channels {
  int64_t n = 1, rows = 1, c = 1;
};
/// Of the first `valid` samples, by channel; the variance is the mean squared distance. 0 where none is valid.
struct BatchMoments {
  Values mean, variance;
};
struct NormGradient {
  Values src, scale, shift;
};
Values batch_norm(const Channels& g, double epsilon, const Values& src, const Values& scale, const Values& shift,
                  const Values& mean, const Values& variance);
BatchMoments batch_moments(const Channels& g, int64_t valid, const Values& src);
/// momentum · running + (1 − momentum) · now
Values follow(double momentum, const Values& running, const Values& now);
/// inverse is 1 / √(variance + epsilon).
NormGradient batch_norm_backward(const Channels& g, int64_t valid, const Values& src, const Values& scale,
                                 const Values& mean, const Values& inverse, const Values& diff_dst);

std::array<int32_t, 2> advance(std::array<int32_t, 2> cursor);

}  // namespace oracle
