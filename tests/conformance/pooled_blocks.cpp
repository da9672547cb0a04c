// Convolution, LeakyReLU, pool and dropout in a row, and their way back: what a backend may make one, and what only looks
// like it. A gradient goes where the maximum of its window was, and by its sign; so numbers are drawn until no window is a
// close call, which rounding could turn.
#include <algorithm>
#include <cmath>

#include "mirror.hpp"
#include "runner.hpp"
#include "suite.hpp"
#include "target.hpp"

namespace conformance {
namespace {

constexpr float kAlpha = 0.125F;

struct Block {
  std::string name;
  Dims image;
  int64_t columns;
  bool dropout = true;
  bool wants_diff_src = false;
  bool whole = true;        ///< the pool covers what is left of an odd size
  bool same_mask = true;    ///< on the way back; else the two dropouts are not each other's
  bool keeps_relu = false;  ///< the activated values are wanted too
  bool turns_back = false;  ///< the gradient is the block's own result
  enum class Image {
    kDrawn,
    kZero,
    kNan,
    kNanAtEnd
  } kind = Image::kDrawn;  ///< zeros: every window a tie; or a pixel is no number

  int64_t pooled(int64_t size) const { return whole ? (size + 1) / 2 : size / 2; }
};

/// Whether the largest value of every window of src [n][height][width][channels] is so far from the others and from zero.
bool decided(const oracle::Values& src, const Dims& dims, const Block& b, double margin) {
  for (int64_t at = 0; at < dims[0] * b.pooled(dims[1]) * b.pooled(dims[2]) * dims[3]; ++at) {
    const int64_t c = at % dims[3];
    const int64_t x = at / dims[3] % b.pooled(dims[2]) * 2;
    const int64_t y = at / dims[3] / b.pooled(dims[2]) % b.pooled(dims[1]) * 2;
    const int64_t i = at / dims[3] / b.pooled(dims[2]) / b.pooled(dims[1]);
    std::vector<double> window;
    window.reserve(4);
    for (int64_t wy = y; wy < std::min(y + 2, dims[1]); ++wy) {
      for (int64_t wx = x; wx < std::min(x + 2, dims[2]); ++wx) {
        window.push_back(src[static_cast<size_t>(((i * dims[1] + wy) * dims[2] + wx) * dims[3] + c)]);
      }
    }
    std::sort(window.rbegin(), window.rend());
    if (std::abs(window[0]) < margin || (window.size() > 1 && window[0] - window[1] < margin)) return false;
  }
  return true;
}

sateen_dropout_attrs dropout_attrs(uint32_t layer) {
  return {0xfedcba987654321ULL,         8, 4U << 16 | layer, static_cast<uint32_t>(0.25 * 4294967296.0),
          static_cast<float>(1 / 0.75), 0};
}

/// The chain from src (image, weights, bias, gradient, cursor) to dst (result, diff_weights, diff_bias[, diff_src][, the
/// activated values]); gives what dst holds.
std::vector<oracle::Values> emit(const Block& b, Mirror& m, const std::vector<Node>& src,
                                 const std::vector<Mirror::Id>& dst) {
  const Node& image = src[0];
  const Node& cursor = src[4];
  const Node relu = m.relu(m.conv(image, src[1], src[2], 1), kAlpha, b.keeps_relu ? dst.back() : Mirror::Id{});
  const Node pooled = m.pool(relu, b.dropout ? Mirror::Id{} : dst[0], b.whole);
  const Node result = b.dropout ? m.dropout(pooled, cursor, dropout_attrs(1), dst[0]) : pooled;
  const Node diff = b.turns_back ? result
                    : b.dropout  ? m.dropout(src[3], cursor, dropout_attrs(b.same_mask ? 1 : 2))
                                 : src[3];
  const Node back = m.relu_back(relu, m.pool_back(relu, diff, {}, b.whole), kAlpha);
  Node weights{dst[1], src[1].dims, {}};
  Node bias{dst[2], src[2].dims, {}};
  m.conv_weights(image, back, 1, weights, bias);
  std::vector<oracle::Values> expected = {result.v, weights.v, bias.v};
  if (b.wants_diff_src) expected.push_back(m.conv_data(back, src[1], image, 1, dst[3]).v);
  if (b.keeps_relu) expected.push_back(relu.v);
  return expected;
}

OpCase build(const Block& b) {
  oracle::Random random(seed_of("pooled_blocks/" + b.name));
  const Dims weights = {3, 3, b.image[3], b.columns};
  const Dims bias = {b.columns};
  const Dims activated = {b.image[0], b.image[1], b.image[2], b.columns};
  const Dims pooled = {b.image[0], b.pooled(b.image[1]), b.pooled(b.image[2]), b.columns};
  // Of sums of so many products, which a fast convolution rounds more coarsely.
  const double margin = b.image[3] < 16 ? 1e-5 : 5e-4;
  OpCase c;
  std::vector<Node> nodes;
  sateen::Graph scratch(256);
  do {
    c.src.clear();
    nodes.clear();
    for (const Dims& dims : {b.image, weights, bias, pooled}) {
      const std::vector<float> data = random.values(source(dims, std::vector<float>{}).elements());
      c.src.push_back(source(dims, data));
      nodes.push_back({scratch.value(sateen::DType::kF32, sateen::Shape(dims)), dims, widen(data)});
    }
    if (b.kind != Block::Image::kDrawn) break;
    Mirror mirror(scratch);
    const Node relu = mirror.relu(mirror.conv(nodes[0], nodes[1], nodes[2], 1), kAlpha);
    if (decided(relu.v, relu.dims, b, margin)) break;
  } while (true);
  if (b.kind != Block::Image::kDrawn) {
    std::vector<float> special(nodes[0].v.begin(), nodes[0].v.end());
    if (b.kind == Block::Image::kZero) special.assign(special.size(), 0.0F);
    if (b.kind == Block::Image::kNan) special[special.size() / 2] = std::nanf("");
    if (b.kind == Block::Image::kNanAtEnd) special.back() = std::nanf("");
    c.src[0] = source(b.image, special);
    nodes[0].v = widen(special);
  }
  c.src.push_back(source({2}, std::vector<int32_t>{3, 70}));
  nodes.push_back({scratch.value(sateen::DType::kI32, sateen::Shape{2}), {2}, {3, 70}});
  std::vector<Dims> dst = {pooled, weights, bias};
  if (b.wants_diff_src) dst.push_back(b.image);
  if (b.keeps_relu) dst.push_back(activated);
  std::vector<Mirror::Id> ids;
  for (const Dims& dims : dst) ids.push_back(scratch.value(sateen::DType::kF32, sateen::Shape(dims)));
  Mirror mirror(scratch);
  const std::vector<oracle::Values> expected = emit(b, mirror, nodes, ids);
  for (size_t i = 0; i < dst.size(); ++i) {
    c.dst.push_back(result(dst[i], expected[i], kChain));
    if (b.kind != Block::Image::kNan && b.kind != Block::Image::kNanAtEnd) continue;
    Expected& expect = c.dst.back().expect;  // a NaN must be seen, and may spread
    for (size_t e = 0; e < expect.value.size(); ++e) {
      if (!std::isnan(expect.value[e])) expect.allowed[e] = std::nan("");
    }
  }
  c.emit = [nodes, b](sateen::Graph& g, const std::vector<Mirror::Id>& from, const std::vector<Mirror::Id>& to) {
    std::vector<Node> placed = nodes;
    for (size_t i = 0; i < placed.size(); ++i) placed[i].id = from[i];
    Mirror m(g);
    emit(b, m, placed, to);
  };
  return c;
}

std::vector<Block> blocks() {
  return {
      // pictures of one and of three channels, as a first layer sees them
      {.name = "first_layer", .image = {2, 28, 28, 1}, .columns = 32},
      {.name = "first_layer_plain", .image = {1, 9, 12, 1}, .columns = 32, .dropout = false},
      {.name = "colour", .image = {3, 7, 9, 3}, .columns = 64},
      {.name = "colour_cut", .image = {2, 7, 9, 3}, .columns = 32, .whole = false},
      {.name = "one_pixel", .image = {2, 1, 1, 1}, .columns = 32},
      {.name = "first_layer_diff", .image = {2, 6, 5, 2}, .columns = 32, .wants_diff_src = true},
      // deeper layers
      {.name = "second_layer", .image = {1, 14, 14, 32}, .columns = 64, .wants_diff_src = true},
      {.name = "third_layer", .image = {2, 7, 7, 64}, .columns = 64, .wants_diff_src = true},
      {.name = "plain", .image = {1, 5, 9, 32}, .columns = 32, .dropout = false, .wants_diff_src = true},
      {.name = "cut", .image = {2, 7, 5, 32}, .columns = 32, .wants_diff_src = true, .whole = false},
      {.name = "tall", .image = {1, 17, 2, 32}, .columns = 32, .wants_diff_src = true},
      {.name = "fours", .image = {1, 8, 4, 32}, .columns = 32, .wants_diff_src = true},
      {.name = "ties", .image = {1, 6, 7, 32}, .columns = 32, .wants_diff_src = true, .kind = Block::Image::kZero},
      {.name = "ties_first_layer", .image = {1, 6, 7, 1}, .columns = 32, .kind = Block::Image::kZero},
      {.name = "nan", .image = {1, 9, 6, 32}, .columns = 32, .kind = Block::Image::kNan},
      {.name = "nan_first_layer", .image = {1, 9, 6, 1}, .columns = 32, .kind = Block::Image::kNan},
      {.name = "nan_cut", .image = {1, 7, 8, 1}, .columns = 32, .whole = false, .kind = Block::Image::kNanAtEnd},
      // what can't be one
      {.name = "other_mask", .image = {2, 6, 6, 32}, .columns = 32, .same_mask = false},
      {.name = "activated_wanted", .image = {2, 6, 6, 32}, .columns = 32, .keeps_relu = true},
      {.name = "turns_back", .image = {2, 6, 6, 32}, .columns = 32, .turns_back = true},
      {.name = "odd_channels", .image = {2, 6, 7, 5}, .columns = 17, .wants_diff_src = true},
  };
}

}  // namespace

boost::unit_test::test_suite* pooled_blocks_suite() {
  boost::unit_test::test_suite* suite = BOOST_TEST_SUITE("pooled_blocks");
  for (const Block& b : blocks()) add_test(*suite, b.name, [b] { check_case(target().device(), build(b)); });
  return suite;
}

}  // namespace conformance
