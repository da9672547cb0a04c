// The cpu backend on every instruction set and on several threads. What an operation computes is tests/conformance's
// subject; here plain loops in double check that no instruction set's kernel strays.
#define BOOST_TEST_DYN_LINK
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "mini_graph.hpp"
#include "sateen/random.hpp"

namespace {

using namespace mini;

/// The instruction sets that this machine has.
std::vector<std::string> instruction_sets() {
  std::vector<std::string> r;
  for (const char* isa : {"isa=baseline", "isa=avx2", "isa=avx512"}) {
    const char* options[] = {isa, nullptr};
    sateen_device* device = nullptr;
    if (table().device_open(0, options, &kHost, &device) == SATEEN_OK) r.emplace_back(isa);
    table().device_close(device);
  }
  return r;
}

/// Runs on each instruction set with 1, 2 and 8 threads: the same bytes for all of them. `check` sees each set's
/// result.
template <typename Check>
void on_every_instruction_set(const MiniGraph& g, const std::vector<std::vector<unsigned char>>& values, Check check) {
  for (const std::string& isa : instruction_sets()) {
    std::vector<std::vector<unsigned char>> first;
    for (const char* threads : {"threads=1", "threads=2", "threads=8"}) {
      const OpenDevice device({isa.c_str(), threads});
      const auto result = run(device, g, values);
      if (first.empty()) {
        first = result;
        check(result, isa);
      } else {
        BOOST_TEST((result == first), isa << " " << threads << " differs from one thread");
      }
    }
  }
}

struct Conv {
  int64_t n, h, w, c, kh, kw, k;
  int32_t sy, sx, pt, pl, pb, pr;
  int64_t oh() const { return (h + pt + pb - kh) / sy + 1; }
  int64_t ow() const { return (w + pl + pr - kw) / sx + 1; }
  /// f(src, weights, dst indices) for every product.
  template <typename F>
  void each(F f) const {
    for (int64_t i = 0; i < n; ++i)
      for (int64_t y = 0; y < oh(); ++y)
        for (int64_t x = 0; x < ow(); ++x)
          for (int64_t ky = 0; ky < kh; ++ky)
            for (int64_t kx = 0; kx < kw; ++kx) {
              const int64_t sy0 = y * sy + ky - pt;
              const int64_t sx0 = x * sx + kx - pl;
              if (sy0 < 0 || sy0 >= h || sx0 < 0 || sx0 >= w) continue;
              for (int64_t ic = 0; ic < c; ++ic)
                for (int64_t ok = 0; ok < k; ++ok)
                  f(static_cast<size_t>(((i * h + sy0) * w + sx0) * c + ic),
                    static_cast<size_t>(((ky * kw + kx) * c + ic) * k + ok),
                    static_cast<size_t>(((i * oh() + y) * ow() + x) * k + ok));
            }
  }
};

const std::vector<Conv> kConvs = {
    {1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0},    {2, 5, 7, 3, 3, 3, 5, 1, 1, 1, 1, 1, 1},
    {17, 7, 7, 32, 3, 3, 64, 1, 1, 1, 1, 1, 1}, {3, 9, 8, 2, 3, 2, 33, 2, 3, 2, 0, 1, 1},
    {1, 28, 28, 1, 3, 3, 32, 1, 1, 1, 1, 1, 1}, {2, 6, 6, 17, 1, 1, 16, 1, 1, 0, 0, 0, 0},
    {2, 11, 5, 4, 5, 5, 10, 3, 2, 4, 0, 0, 4},  {1, 3, 3, 2, 3, 3, 40, 5, 5, 0, 0, 0, 0},
    {1, 40, 70, 40, 3, 3, 8, 1, 1, 1, 1, 1, 1},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(cpu_backend)

BOOST_AUTO_TEST_CASE(convolutions) {
  for (const Conv& s : kConvs) {
    MiniGraph g;
    const sateen_conv2d_attrs attrs = {s.sy, s.sx, s.pt, s.pl, s.pb, s.pr};
    const uint32_t src = g.external({s.n, s.h, s.w, s.c});
    const uint32_t weights = g.external({s.kh, s.kw, s.c, s.k});
    const uint32_t bias = g.external({s.k});
    const uint32_t diff_dst = g.external({s.n, s.oh(), s.ow(), s.k});
    const uint32_t dst = g.external({s.n, s.oh(), s.ow(), s.k});
    const uint32_t diff_src = g.external({s.n, s.h, s.w, s.c});
    const uint32_t diff_weights = g.external({s.kh, s.kw, s.c, s.k});
    const uint32_t diff_bias = g.external({s.k});
    g.op(SATEEN_OP_CONV2D_FORWARD, {src, weights, bias}, {dst}, attrs);
    g.op(SATEEN_OP_CONV2D_BACKWARD_DATA, {diff_dst, weights}, {diff_src}, attrs);
    g.op(SATEEN_OP_CONV2D_BACKWARD_WEIGHTS, {src, diff_dst}, {diff_weights, diff_bias}, attrs);
    std::vector<Floats> in;
    std::vector<std::vector<unsigned char>> values;
    for (uint32_t i = 0; i < 8; ++i) {
      in.push_back(numbers(static_cast<int64_t>(g.storages[i].bytes / 4), i + 1));
      values.push_back(bytes(in.back()));
    }
    std::vector<double> y(in[4].size()), dx(in[5].size()), dw(in[6].size()), db(in[7].size());
    for (size_t i = 0; i < y.size(); ++i) {
      y[i] = in[2][i % db.size()];
      db[i % db.size()] += in[3][i];
    }
    s.each([&](size_t a, size_t b, size_t o) {
      y[o] += double{in[0][a]} * in[1][b];
      dx[a] += double{in[3][o]} * in[1][b];
      dw[b] += double{in[0][a]} * in[3][o];
    });
    on_every_instruction_set(g, values, [&](const auto& r, const std::string& isa) {
      check_close(floats(r[4]), y, 1e-4, isa + " forward");
      check_close(floats(r[5]), dx, 1e-4, isa + " backward_data");
      check_close(floats(r[6]), dw, 5e-4, isa + " backward_weights");
      check_close(floats(r[7]), db, 5e-4, isa + " bias");
    });
  }
}

BOOST_AUTO_TEST_CASE(dense_layers) {
  const int64_t shapes[][3] = {{1, 1, 1}, {3, 7, 31}, {64, 33, 10}, {13, 130, 65}, {70, 300, 128}};
  for (const auto& [n, i, o] : shapes) {
    MiniGraph g;
    const uint32_t src = g.external({n, i});
    const uint32_t weights = g.external({i, o});
    const uint32_t bias = g.external({o});
    const uint32_t diff_dst = g.external({n, o});
    const uint32_t dst = g.external({n, o});
    const uint32_t diff_src = g.external({n, i});
    const uint32_t diff_weights = g.external({i, o});
    const uint32_t diff_bias = g.external({o});
    g.op(SATEEN_OP_DENSE_FORWARD, {src, weights, bias}, {dst});
    g.op(SATEEN_OP_DENSE_BACKWARD_DATA, {diff_dst, weights}, {diff_src});
    g.op(SATEEN_OP_DENSE_BACKWARD_WEIGHTS, {src, diff_dst}, {diff_weights, diff_bias});
    std::vector<Floats> in;
    std::vector<std::vector<unsigned char>> values;
    for (uint32_t k = 0; k < 8; ++k) {
      in.push_back(numbers(static_cast<int64_t>(g.storages[k].bytes / 4), k + 11));
      values.push_back(bytes(in.back()));
    }
    std::vector<double> y(in[4].size()), dx(in[5].size()), dw(in[6].size()), db(in[7].size());
    const auto inputs = static_cast<size_t>(i);
    const auto outputs = static_cast<size_t>(o);
    for (size_t r = 0; r < static_cast<size_t>(n); ++r) {
      for (size_t c = 0; c < outputs; ++c) {
        y[r * outputs + c] = in[2][c];
        db[c] += in[3][r * outputs + c];
        for (size_t k = 0; k < inputs; ++k) {
          y[r * outputs + c] += double{in[0][r * inputs + k]} * in[1][k * outputs + c];
          dx[r * inputs + k] += double{in[3][r * outputs + c]} * in[1][k * outputs + c];
          dw[k * outputs + c] += double{in[0][r * inputs + k]} * in[3][r * outputs + c];
        }
      }
    }
    on_every_instruction_set(g, values, [&](const auto& r, const std::string& isa) {
      check_close(floats(r[4]), y, 1e-4, isa + " forward");
      check_close(floats(r[5]), dx, 1e-4, isa + " backward_data");
      check_close(floats(r[6]), dw, 1e-4, isa + " backward_weights");
      check_close(floats(r[7]), db, 1e-4, isa + " bias");
    });
  }
}

// A pool with overlapping windows, ties and a NaN; its backward pass; LeakyReLU both ways; Adam.
BOOST_AUTO_TEST_CASE(pool_activation_and_update) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const int64_t c : {1, 5, 16, 37}) {
    MiniGraph g;
    const sateen_max_pool2d_attrs attrs = {3, 2, 2, 1, 1, 0, 1, 1};
    const Dims in_dims = {2, 7, 5, c};
    const Dims out_dims = {2, 4, 5, c};
    const uint32_t src = g.external(in_dims);
    const uint32_t diff_dst = g.external(out_dims);
    const uint32_t dst = g.external(out_dims);
    const uint32_t diff_src = g.external(in_dims);
    const uint32_t relu = g.external(in_dims);
    const uint32_t diff_relu = g.external(in_dims);
    g.op(SATEEN_OP_MAX_POOL2D_FORWARD, {src}, {dst}, attrs);
    g.op(SATEEN_OP_MAX_POOL2D_BACKWARD, {src, diff_dst}, {diff_src}, attrs);
    g.op(SATEEN_OP_LEAKY_RELU_FORWARD, {src}, {relu}, sateen_leaky_relu_attrs{0.25F});
    g.op(SATEEN_OP_LEAKY_RELU_BACKWARD, {relu, diff_src}, {diff_relu}, sateen_leaky_relu_attrs{0.25F});
    Floats x = numbers(70 * c, 3);
    for (float& v : x) v = std::floor(v * 4.0F);  // ties
    x[static_cast<size_t>(20 * c)] = nan;
    const Floats d = numbers(40 * c, 4);
    std::vector<double> dx(x.size());
    Floats y(d.size());
    for (size_t o = 0; o < d.size(); ++o) {
      const auto at = static_cast<int64_t>(o);
      const int64_t oy = at / (5 * c) % 4;
      const int64_t ox = at / c % 5;
      size_t best = x.size();
      for (int64_t iy = std::max<int64_t>(oy * 2 - 1, 0); iy < std::min<int64_t>(oy * 2 + 2, 7); ++iy) {
        for (int64_t ix = ox; ix < std::min<int64_t>(ox + 2, 5); ++ix) {
          const auto i = static_cast<size_t>(((at / (20 * c) * 7 + iy) * 5 + ix) * c + at % c);
          if (best == x.size() || (!std::isnan(x[best]) && (std::isnan(x[i]) || x[i] > x[best]))) best = i;
        }
      }
      y[o] = x[best];
      dx[best] += d[o];
    }
    on_every_instruction_set(
        g, {bytes(x), bytes(d), bytes(y), bytes(x), bytes(x), bytes(x)}, [&](const auto& r, const std::string& isa) {
          const Floats pooled = floats(r[2]);
          for (size_t i = 0; i < y.size(); ++i) {
            BOOST_REQUIRE_MESSAGE(pooled[i] == y[i] || (std::isnan(pooled[i]) && std::isnan(y[i])),
                                  isa << " pool " << i);
          }
          check_close(floats(r[3]), dx, 1e-5, isa + " pool backward");
          const Floats activated = floats(r[4]);
          std::vector<double> diff(x.size());
          for (size_t i = 0; i < x.size(); ++i) {
            const float expected = x[i] > 0 ? x[i] : 0.25F * x[i];
            BOOST_REQUIRE_MESSAGE(activated[i] == expected || std::isnan(x[i]), isa << " relu " << i);
            BOOST_REQUIRE(std::isnan(activated[i]) == std::isnan(x[i]));
            diff[i] = x[i] > 0 ? dx[i] : 0.25 * dx[i];
          }
          check_close(floats(r[5]), diff, 1e-5, isa + " relu backward");
        });
  }
}

// Against core's Philox, with every part of the key and the counter in use.
BOOST_AUTO_TEST_CASE(dropout_draws_philox) {
  MiniGraph g;
  const int64_t n = 16384 + 4 * 37 + 3;
  const uint64_t first = (uint64_t{1} << 34) - 4096;  // the group's number passes 2³²
  const uint32_t src = g.external({n});
  const uint32_t cursor = g.external({2}, SATEEN_I32);
  const uint32_t dst = g.external({n});
  const uint32_t threshold = 0x60000000U;
  g.op(SATEEN_OP_DROPOUT, {src, cursor}, {dst},
       sateen_dropout_attrs{0x0123456789abcdefU, first, 0x00040007U, threshold, 2.0F, 0});
  Floats before = numbers(n, 9);
  Floats expected(before.size());
  bool nan_dropped = false;
  for (size_t i = 0; i < before.size(); ++i) {
    const uint64_t group = (first + i) / 4;
    const auto word = sateen::philox4x32(
        {0x89abcdefU, 0x01234567U}, {static_cast<uint32_t>(group), static_cast<uint32_t>(group >> 32), 11U, 0x40007U});
    const bool kept = word[i % 4] >= threshold;
    expected[i] = kept ? before[i] * 2.0F : 0.0F;
    if (!kept && !nan_dropped) before[i] = std::numeric_limits<float>::quiet_NaN();
    nan_dropped = nan_dropped || !kept;
  }
  on_every_instruction_set(g, {bytes(before), bytes(std::vector<int32_t>{0, 11}), bytes(before)},
                           [&](const auto& r, const std::string& isa) {
                             BOOST_TEST((floats(r[2]) == expected), isa << " draws something else");
                           });
}

BOOST_AUTO_TEST_CASE(adam_steps) {
  MiniGraph g;
  const int64_t n = 16384 + 21;
  const uint32_t p = g.external({n}), d = g.external({n}), m = g.external({n}), v = g.external({n});
  const uint32_t lr = g.external({3}), cursor = g.external({2}, SATEEN_I32);
  g.op(SATEEN_OP_ADAM, {p, d, m, v, lr, cursor}, {p, m, v}, sateen_adam_attrs{0.9F, 0.999F, 1e-7F, 0});
  g.op(SATEEN_OP_ADVANCE, {cursor}, {cursor});
  const Floats p0 = numbers(n, 1), d0 = numbers(n, 2), m0 = numbers(n, 3);
  Floats v0 = numbers(n, 4);
  for (float& x : v0) x = std::fabs(x);
  std::vector<double> expected(p0.size());
  for (size_t i = 0; i < p0.size(); ++i) {
    const double mi = 0.9 * m0[i] + 0.1 * d0[i];
    const double vi = 0.999 * v0[i] + 0.001 * double{d0[i]} * d0[i];
    expected[i] = p0[i] - 0.5 * mi / (std::sqrt(vi) + 1e-7);
  }
  on_every_instruction_set(
      g, {bytes(p0), bytes(d0), bytes(m0), bytes(v0), bytes(Floats{9, 0.5F, 9}), bytes(std::vector<int32_t>{1, 41})},
      [&](const auto& r, const std::string& isa) {
        for (size_t i = 0; i < expected.size(); ++i) {
          BOOST_REQUIRE_MESSAGE(std::fabs(floats({r[0].begin() + static_cast<ptrdiff_t>(4 * i),
                                                  r[0].begin() + static_cast<ptrdiff_t>(4 * i + 4)})[0] -
                                          expected[i]) <= 2e-5 * (1 + std::fabs(expected[i])),
                                isa << " params " << i);
        }
        BOOST_TEST((r[5] == bytes(std::vector<int32_t>{2, 42})));
      });
}

// A LeakyReLU after a convolution or dense layer is fused away; what is seen must not change, nor where it may not be.
// All between the ends is intermediate, so a plan that lets two living values share memory shows.

BOOST_AUTO_TEST_SUITE_END()
