// Chains of operations through INTERMEDIATE storages: lifetimes, views, fusion candidates.
#include <numeric>

#include "mirror.hpp"
#include "runner.hpp"
#include "suite.hpp"
#include "target.hpp"

namespace conformance {
namespace {

/// Emits a chain from sources to destinations and gives what the destinations hold.
using Chain =
    std::function<std::vector<oracle::Values>(Mirror&, const std::vector<Node>&, const std::vector<Mirror::Id>&)>;

struct Spec {
  std::string name;
  std::vector<Dims> src, dst;
  Bound bound;
  Chain chain;
  int overwrites = -1;  ///< the first destination is this source
};

OpCase build(const Spec& spec) {
  oracle::Random random(seed_of("chain/" + spec.name));
  OpCase c;
  std::vector<Node> nodes;
  sateen::Graph scratch(256);
  for (const Dims& dims : spec.src) {
    const std::vector<float> data = random.values(source(dims, std::vector<float>{}).elements());
    c.src.push_back(source(dims, data));
    nodes.push_back({scratch.value(sateen::DType::kF32, sateen::Shape(dims)), dims, widen(data)});
  }
  std::vector<Mirror::Id> ids;
  for (const Dims& dims : spec.dst) ids.push_back(scratch.value(sateen::DType::kF32, sateen::Shape(dims)));
  Mirror mirror(scratch);
  const std::vector<oracle::Values> expected = spec.chain(mirror, nodes, ids);
  for (size_t i = 0; i < spec.dst.size(); ++i) c.dst.push_back(result(spec.dst[i], expected[i], spec.bound));
  if (spec.overwrites >= 0) c.dst[0] = in_place(spec.overwrites, c.dst[0]);
  c.emit = [nodes, chain = spec.chain](sateen::Graph& g, const std::vector<Mirror::Id>& src,
                                       const std::vector<Mirror::Id>& dst) {
    std::vector<Node> placed = nodes;
    for (size_t i = 0; i < placed.size(); ++i) placed[i].id = src[i];
    Mirror m(g);
    chain(m, placed, dst);
  };
  return c;
}

/// Ten values that all live until the way back needs them. Slopes are powers of two, so everything is exact.
std::vector<oracle::Values> long_lived(Mirror& m, const std::vector<Node>& src, const std::vector<Mirror::Id>& dst) {
  const auto alpha = [](size_t i) { return i % 2 == 0 ? 0.5F : 2.0F; };
  std::vector<Node> values;
  for (size_t i = 0; i < 10; ++i) values.push_back(m.relu(i == 0 ? src[0] : values.back(), alpha(i)));
  Node diff = src[1];
  for (size_t i = 10; i-- > 1;) diff = m.relu_back(values[i], diff, alpha(i));
  return {m.relu_back(values[0], diff, alpha(0), dst[0]).v};
}

/// Short-lived values of very different sizes, which want to share memory.
std::vector<oracle::Values> sizes(Mirror& m, const std::vector<Node>& s, const std::vector<Mirror::Id>& dst) {
  Node x = s[0];
  for (size_t i = 1; i + 3 < s.size(); i += 2) x = m.dense(x, s[i], s[i + 1]);
  const Node last = m.dense(x, s[s.size() - 2], s[s.size() - 1], dst[0]);
  return {last.v};
}

/// One value read by three operations, the last of them long after; and a value that nobody reads.
std::vector<oracle::Values> read_again(Mirror& m, const std::vector<Node>& s, const std::vector<Mirror::Id>& dst) {
  const Node shared = m.relu(s[0], 0.5F);
  Node a = m.relu(shared, 2.0F);
  m.relu(shared, 4.0F);
  for (int i = 0; i < 5; ++i) a = m.relu(a, 0.25F);
  const Node out = m.relu(a, 0.5F, dst[0]);
  return {out.v, m.relu_back(shared, a, 0.25F, dst[1]).v};
}

/// A destination that is written, read, and written again: order decides.
std::vector<oracle::Values> rewritten(Mirror& m, const std::vector<Node>& s, const std::vector<Mirror::Id>& dst) {
  const Node first = m.relu(s[0], 0.5F, dst[0]);
  const Node kept = m.relu_back(first, s[1], 2.0F, dst[1]);
  const Node second = m.relu(s[1], 0.25F, dst[0]);
  return {second.v, kept.v};
}

std::vector<oracle::Values> block(Mirror& m, const std::vector<Node>& s, const std::vector<Mirror::Id>& dst) {
  const Node y = m.pool(m.relu(m.conv(s[0], s[1], s[2], 1), 0.1F), dst[0]);
  return {y.v};
}

std::vector<oracle::Values> conv_without_activation(Mirror& m, const std::vector<Node>& s,
                                                    const std::vector<Mirror::Id>& dst) {
  const Node y = m.pool(m.conv(s[0], s[1], s[2], 1), dst[0]);
  return {y.v};
}

/// The convolution's own result is wanted too, so a backend that fuses must not lose it.
std::vector<oracle::Values> block_with_taps(Mirror& m, const std::vector<Node>& s, const std::vector<Mirror::Id>& dst) {
  const Node conv = m.conv(s[0], s[1], s[2], 1, dst[0]);
  const Node relu = m.relu(conv, 0.1F, dst[1]);
  return {conv.v, relu.v, m.pool(relu, dst[2]).v};
}

/// The convolution's result is wanted again after the activation.
std::vector<oracle::Values> activation_and_later(Mirror& m, const std::vector<Node>& s,
                                                 const std::vector<Mirror::Id>& dst) {
  const Node conv = m.conv(s[0], s[1], s[2], 1);
  const Node relu = m.relu(conv, 0.25F);
  return {m.relu_back(conv, relu, 0.5F, dst[0]).v};
}

/// The activation works on the same bytes under another shape, and something stands between it and the convolution.
std::vector<oracle::Values> activation_through_view(Mirror& m, const std::vector<Node>& s,
                                                    const std::vector<Mirror::Id>& dst) {
  const Node conv = m.conv(s[0], s[1], s[2], 1);
  const Node other = m.relu(s[0], 0.5F, dst[1]);
  const Node flat = m.reshape(conv, {conv.dims[0] * conv.dims[1], conv.dims[2] * conv.dims[3]});
  const Node relu = m.relu(flat, 0.25F);
  return {m.relu(m.reshape(relu, conv.dims), 0.5F, dst[0]).v, other.v};
}

/// The activation's destination is what the convolution reads, so they can't be one loop.
std::vector<oracle::Values> activation_overwrites(Mirror& m, const std::vector<Node>& s,
                                                  const std::vector<Mirror::Id>& dst) {
  const Node relu = m.relu(m.conv(s[0], s[1], s[2], 1), 0.25F, dst[0]);
  return {relu.v};
}

std::vector<oracle::Values> flattened(Mirror& m, const std::vector<Node>& s, const std::vector<Mirror::Id>& dst) {
  const Node pooled = m.pool(m.relu(m.conv(s[0], s[1], s[2], 1), 0.1F));
  const int64_t n = pooled.dims[0];
  const Node flat = m.reshape(
      pooled, {n, std::accumulate(pooled.dims.begin() + 1, pooled.dims.end(), int64_t{1}, std::multiplies<>())});
  const Node hidden = m.relu(m.dense(flat, s[3], s[4]), 0.1F);
  return {m.softmax(m.dense(hidden, s[5], s[6]), dst[0]).v};
}

std::vector<Spec> specs() {
  const Dims image = {3, 7, 9, 5};
  return {
      {"long_lived", {image, image}, {image}, kExact, long_lived},
      {"sizes",
       {{3, 7}, {7, 200}, {200}, {200, 1}, {1}, {1, 31}, {31}, {31, 64}, {64}, {64, 3}, {3}},
       {{3, 3}},
       kChain,
       sizes},
      {"read_again", {image}, {image, image}, kExact, read_again},
      {"rewritten", {image, image}, {image, image}, kExact, rewritten},
      {"block_1", {{2, 28, 28, 1}, {3, 3, 1, 32}, {32}}, {{2, 14, 14, 32}}, kConvolution, block},
      {"block_2", {{2, 14, 14, 32}, {3, 3, 32, 64}, {64}}, {{2, 7, 7, 64}}, kConvolution, block},
      {"block_3", {{2, 7, 7, 64}, {3, 3, 64, 128}, {128}}, {{2, 4, 4, 128}}, kConvolution, block},
      {"block_odd", {{3, 7, 5, 3}, {3, 3, 3, 7}, {7}}, {{3, 4, 3, 7}}, kConvolution, block},
      {"block_without_activation",
       {{3, 7, 6, 3}, {3, 3, 3, 7}, {7}},
       {{3, 4, 3, 7}},
       kConvolution,
       conv_without_activation},
      {"block_with_taps",
       {{2, 7, 9, 3}, {3, 3, 3, 16}, {16}},
       {{2, 7, 9, 16}, {2, 7, 9, 16}, {2, 4, 5, 16}},
       kConvolution,
       block_with_taps},
      {"activation_and_later", {{3, 7, 5, 3}, {3, 3, 3, 7}, {7}}, {{3, 7, 5, 7}}, kConvolution, activation_and_later},
      {"activation_through_view",
       {{3, 7, 5, 3}, {3, 3, 3, 7}, {7}},
       {{3, 7, 5, 7}, {3, 7, 5, 3}},
       kConvolution,
       activation_through_view},
      {"activation_overwrites",
       {{3, 7, 9, 5}, {3, 3, 5, 5}, {5}},
       {{3, 7, 9, 5}},
       kConvolution,
       activation_overwrites,
       0},
      {"flattened", {{3, 7, 7, 2}, {3, 3, 2, 5}, {5}, {80, 11}, {11}, {11, 4}, {4}}, {{3, 4}}, kChain, flattened},
  };
}

}  // namespace

boost::unit_test::test_suite* intermediates_suite() {
  boost::unit_test::test_suite* suite = BOOST_TEST_SUITE("intermediates");
  for (const Spec& spec : specs()) add_test(*suite, spec.name, [spec] { check_case(target().device(), build(spec)); });
  return suite;
}

}  // namespace conformance
