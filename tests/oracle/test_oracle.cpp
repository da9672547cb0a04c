// The oracle held against published numbers, against sums done by hand, and against differences of itself.
#define BOOST_TEST_DYN_LINK
#define BOOST_TEST_MODULE sateen oracle tests
#include <cmath>
#include <functional>
#include <limits>

#include <boost/test/unit_test.hpp>

#include "oracle.hpp"

using oracle::Values;
using oracle::Window;

namespace {

Values draw(uint64_t count, uint64_t seed) {
  const std::vector<float> x = oracle::Random(seed).values(count);
  return {x.begin(), x.end()};
}

double dot(const Values& a, const Values& b) {
  BOOST_REQUIRE_EQUAL(a.size(), b.size());
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// Holds `gradient` against central differences of f at x.
void check_gradient(const std::function<double(const Values&)>& f, Values x, const Values& gradient) {
  BOOST_REQUIRE_EQUAL(gradient.size(), x.size());
  const double h = 1e-6;
  for (size_t i = 0; i < x.size(); ++i) {
    const double here = x[i];
    x[i] = here + h;
    const double above = f(x);
    x[i] = here - h;
    const double below = f(x);
    x[i] = here;
    BOOST_TEST_CONTEXT("element " << i) BOOST_TEST(std::abs((above - below) / (2 * h) - gradient[i]) < 1e-7);
  }
}

void check_equal(const Values& got, const Values& want) {
  BOOST_TEST(got == want, boost::test_tools::per_element());
}

const Window kAwkward{2, 5, 6, 3, 3, 2, 2, 1, 2, 0, 1, 1};

}  // namespace

// The three vectors that Random123 publishes for philox4x32 with 10 rounds.
BOOST_AUTO_TEST_CASE(philox_known_answers) {
  using Block = std::array<uint32_t, 4>;
  BOOST_TEST((oracle::philox({0, 0, 0, 0}, {0, 0}) == Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  const uint32_t f = 0xffffffff;
  BOOST_TEST((oracle::philox({f, f, f, f}, {f, f}) == Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  BOOST_TEST((oracle::philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
              Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

BOOST_AUTO_TEST_CASE(dropout_numbers_its_words) {
  const uint64_t element = (uint64_t{7} << 34) + 6;  // block (7 · 2³² + 1), word 2
  const auto block = oracle::philox({1, 7, 99, 0x40003}, {0x89abcdef, 0x01234567});
  BOOST_TEST(oracle::dropout_word(0x0123456789abcdefULL, 99, 0x40003, element) == block[2]);
  const oracle::Dropout d{0x0123456789abcdefULL, element - 2, 0x40003, block[2], 2.0};
  const Values dst = oracle::dropout(d, 99, {1, 1, 1});
  BOOST_TEST(dst[2] == 2.0);  // the threshold itself is kept
}

// 3×3 image, 2×2 kernel, padding on top and left only, stride 1, two output channels, by hand.
BOOST_AUTO_TEST_CASE(convolution_by_hand) {
  const Window g{1, 3, 3, 1, 2, 2, 1, 1, 1, 1, 0, 0};
  const Values src = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  const Values weights = {1, 0, 10, 0, 100, 0, 1000, 1};  // [ky][kx][1][2]
  const Values bias = {0.5, 0};
  const Values dst = oracle::conv2d_forward(g, 2, src, weights, &bias);
  check_equal(dst, {1000.5, 1, 2100.5, 2, 3200.5, 3, 4010.5, 4, 5421.5, 5, 6532.5, 6, 7040.5, 7, 8754.5, 8, 9865.5, 9});
}

BOOST_AUTO_TEST_CASE(convolution_gradients) {
  const Window& g = kAwkward;
  const int64_t k = 4;
  const auto outputs = static_cast<uint64_t>(g.n * g.rows() * g.columns() * k);
  BOOST_TEST(g.rows() == 3);
  BOOST_TEST(g.columns() == 6);
  const Values src = draw(2 * 5 * 6 * 3, 1), weights = draw(3 * 2 * 3 * 4, 2), bias = draw(4, 3),
               diff = draw(outputs, 4);
  const auto f = [&](const Values& s, const Values& w, const Values& b) {
    return dot(oracle::conv2d_forward(g, k, s, w, &b), diff);
  };
  check_gradient([&](const Values& s) { return f(s, weights, bias); }, src,
                 oracle::conv2d_backward_data(g, k, diff, weights));
  const oracle::WeightsGradient d = oracle::conv2d_backward_weights(g, k, src, diff);
  check_gradient([&](const Values& w) { return f(src, w, bias); }, weights, d.weights);
  check_gradient([&](const Values& b) { return f(src, weights, b); }, bias, d.bias);
}

BOOST_AUTO_TEST_CASE(pooling) {
  const double nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  const Window same{1, 3, 3, 1, 2, 2, 2, 2, 0, 0, 1, 1};  // 3 → 2 padded at the bottom and right
  check_equal(oracle::max_pool2d_forward(same, {1, 2, -3, 4, 4, -5, -7, -8, -inf}), {4, -3, -7, -inf});
  check_equal(oracle::max_pool2d_backward(same, {1, 2, -3, 4, 4, -5, -7, -8, -inf}, {1, 2, 3, 4}),
              {0, 0, 2, 1, 0, 0, 3, 0, 4});
  const Window whole{1, 1, 3, 1, 1, 3, 1, 1, 0, 0, 0, 0};
  BOOST_TEST(std::isnan(oracle::max_pool2d_forward(whole, {inf, nan, nan})[0]));
  check_equal(oracle::max_pool2d_backward(whole, {inf, nan, nan}, {1}), {0, 1, 0});

  const Window& g = kAwkward;
  const Values src = draw(2 * 5 * 6 * 3, 5), diff = draw(static_cast<uint64_t>(g.n * g.rows() * g.columns() * g.c), 6);
  check_gradient([&](const Values& s) { return dot(oracle::max_pool2d_forward(g, s), diff); }, src,
                 oracle::max_pool2d_backward(g, src, diff));
}

BOOST_AUTO_TEST_CASE(activation_gradient) {
  const Values src = draw(40, 7), diff = draw(40, 8);
  check_gradient([&](const Values& s) { return dot(oracle::leaky_relu_forward(0.1, s), diff); }, src,
                 oracle::leaky_relu_backward(0.1, oracle::leaky_relu_forward(0.1, src), diff));
  check_equal(oracle::leaky_relu_forward(0.5, {-2, 0, 3}), {-1, 0, 3});
}

BOOST_AUTO_TEST_CASE(dense_gradients) {
  const int64_t n = 3, in = 5, out = 4;
  const Values src = draw(15, 9), weights = draw(20, 10), bias = draw(4, 11), diff = draw(12, 12);
  const auto f = [&](const Values& s, const Values& w, const Values& b) {
    return dot(oracle::dense_forward(n, in, out, s, w, &b), diff);
  };
  check_gradient([&](const Values& s) { return f(s, weights, bias); }, src,
                 oracle::dense_backward_data(n, in, out, diff, weights));
  const oracle::WeightsGradient d = oracle::dense_backward_weights(n, in, out, src, diff);
  check_gradient([&](const Values& w) { return f(src, w, bias); }, weights, d.weights);
  check_gradient([&](const Values& b) { return f(src, weights, b); }, bias, d.bias);
}

BOOST_AUTO_TEST_CASE(loss) {
  const Values logits = draw(4 * 5, 13);
  const std::vector<int32_t> labels = {4, 0, 2, 1};
  const auto f = [&](const Values& x) { return oracle::softmax_cross_entropy(4, 5, x, labels, 3).loss / 3; };
  check_gradient(f, logits, oracle::softmax_cross_entropy(4, 5, logits, labels, 3).diff);
  // Two equal largest logits: only the first counts. ln 2 each.
  const oracle::Loss tie = oracle::softmax_cross_entropy(2, 2, {1, 1, 1, 1}, {0, 1}, 2);
  BOOST_TEST(tie.correct == 1);
  BOOST_TEST(std::abs(tie.loss - 2 * std::log(2.0)) < 1e-15);
  const oracle::Loss foreign = oracle::softmax_cross_entropy(2, 2, {1, 2, 3, 4}, {1, 2}, 2);
  BOOST_TEST(std::isnan(foreign.loss));
  BOOST_TEST(foreign.diff[2] == 0);
  const Values p = oracle::softmax(1, 3, {1000, 1001, -1000});
  BOOST_TEST(std::abs(p[0] + p[1] + p[2] - 1) < 1e-15);
  BOOST_TEST(std::abs(p[1] / p[0] - std::exp(1.0)) < 1e-14);
}

BOOST_AUTO_TEST_CASE(adam_by_hand) {
  // One step from zero: m = 0.1·2, v = 0.001·4; with the bias correction in lr the step is almost lr itself.
  const oracle::AdamState s =
      oracle::adam({{1}, {0}, {0}}, {2}, 1e-3 * std::sqrt(1 - 0.999) / (1 - 0.9), 0.9, 0.999, 0);
  BOOST_TEST(std::abs(s.m[0] - 0.2) < 1e-15);
  BOOST_TEST(std::abs(s.v[0] - 0.004) < 1e-15);
  BOOST_TEST(std::abs(s.params[0] - (1 - 1e-3)) < 1e-12);
}

BOOST_AUTO_TEST_CASE(gather_by_hand) {
  const std::vector<int32_t> indices = {9, 9, 1, -1, 0, 3};
  const std::vector<int64_t> places = oracle::gather_places(3, 2, &indices, 1);
  BOOST_TEST((places == std::vector<int64_t>{1, -1}));
  check_equal(oracle::gather({1, 2, 3, 4, 5, 6}, 2, places, 0.5, 1), {2.5, 3, 0, 0});
  BOOST_TEST((oracle::gather_places(3, 2, nullptr, 1) == std::vector<int64_t>{2, -1}));
  BOOST_TEST((oracle::advance({3, 41}) == std::array<int32_t, 2>{4, 42}));
}

BOOST_AUTO_TEST_CASE(augment_by_hand) {
  const oracle::Images g{2, 3, 1};
  const Values image = {1, 2, 3, 4, 5, 6};
  check_equal(oracle::change({}, g, image), image);
  check_equal(oracle::change({true, 0, 0}, g, image), {3, 2, 1, 6, 5, 4});
  check_equal(oracle::change({false, 1, 0}, g, image), {0, 0, 0, 1, 2, 3});
  check_equal(oracle::change({false, 0, -1}, g, image), {2, 3, 0, 5, 6, 0});
  check_equal(oracle::change({true, -1, 1}, g, image), {0, 6, 5, 0, 0, 0});
  check_equal(oracle::change({true, 0, 0}, {1, 2, 2}, {1, 2, 3, 4}), {3, 4, 1, 2});
  // The words of the zero counter and key are 6627e8d5 e169c58d bc57ac4c 9b00dbd8, as published.
  const oracle::Augment a{0, 0, 0, true, 2, 0.5, 1};
  const oracle::Change drawn = oracle::draw_change(a, 0, 0);
  BOOST_TEST(!drawn.mirrored);
  BOOST_TEST(drawn.down == 2);   // 0xe169c58d · 5 / 2^32 = 4.4
  BOOST_TEST(drawn.right == 1);  // 0xbc57ac4c · 5 / 2^32 = 3.7
  check_equal(oracle::augment(a, 0, {3, 3, 1}, {8, 2, 2, 2, 2, 2, 2, 2, 2}, {0}), {1, 1, 1, 1, 1, 1, 1, 5, 2});
  check_equal(oracle::augment(a, 0, {1, 2, 1}, {8, 2}, {-1}), {0, 0});
}

BOOST_AUTO_TEST_CASE(batch_norm_by_hand) {
  const oracle::Channels g{3, 2, 2};
  const Values src = {1, 10, 3, 10, 5, 10, 7, 10, 99, 98, 97, 96};  // the last sample does not count
  const oracle::BatchMoments batch = oracle::batch_moments(g, 2, src);
  check_equal(batch.mean, {4, 10});
  check_equal(batch.variance, {5, 0});
  check_equal(oracle::batch_norm(g, 4, src, {2, 1}, {1, -1}, {4, 10}, {5, 0}),
              {-1, -1, 1 - 2 / 3., -1, 1 + 2 / 3., -1, 3, -1, 1 + 190 / 3., 43, 63, 42});
  check_equal(oracle::follow(0.75, {4, 8}, {8, 4}), {5, 7});
}

BOOST_AUTO_TEST_CASE(batch_norm_gradients) {
  const oracle::Channels g{4, 3, 2};
  const int64_t valid = 3;
  const double epsilon = 0.1;
  const Values src = draw(24, 1), scale = draw(2, 2), shift = draw(2, 3);
  Values toward = draw(24, 4);
  for (size_t i = 18; i < 24; ++i) toward[i] = 0;  // as the loss has it for rows that don't count
  const auto loss = [&](const Values& x, const Values& by, const Values& and_by) {
    const oracle::BatchMoments batch = oracle::batch_moments(g, valid, x);
    return dot(oracle::batch_norm(g, epsilon, x, by, and_by, batch.mean, batch.variance), toward);
  };
  const oracle::BatchMoments batch = oracle::batch_moments(g, valid, src);
  Values inverse;
  for (const double variance : batch.variance) inverse.push_back(1 / std::sqrt(variance + epsilon));
  const oracle::NormGradient diff = oracle::batch_norm_backward(g, valid, src, scale, batch.mean, inverse, toward);
  check_gradient([&](const Values& x) { return loss(x, scale, shift); }, src, diff.src);
  check_gradient([&](const Values& x) { return loss(src, x, shift); }, scale, diff.scale);
  check_gradient([&](const Values& x) { return loss(src, scale, x); }, shift, diff.shift);
}
