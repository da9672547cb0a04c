// Preparing the kernels of implicit_gemm.cl, implicit_gemm_gradient.cl, few_channels.cl and add_parts.cl.
#include "ops/implicit_gemm.hpp"

#include <algorithm>
#include <array>

#include "gemm_tiles.hpp"

namespace sateen::opencl {

namespace {

constexpr int64_t kMostFewChannels = 3;
// As few_channels.cl and add_parts.cl have them.
constexpr int64_t kFewPixels = 4;
constexpr int64_t kFewColumns = 32;
constexpr int64_t kFewRows = 10;
constexpr int64_t kFewGroup = 128;
constexpr int64_t kFewLocalBytes = 10240;
constexpr int64_t kAddedFloats = 16;
constexpr int64_t kAddGroup = 256;
constexpr int64_t kAddLocalBytes = 1024;
/// About how many groups keep a large GPU busy: two for each of a hundred compute units and some.
constexpr int64_t kGroups = 256;

/// The matrix product that a pass is, as its kernel cuts it.
struct Product {
  int64_t rows, columns;  ///< of the result
  int64_t depth;          ///< terms of each sum
  bool aligned;           ///< whether rows in memory are multiples of four floats
};

int64_t taps(const sdk::Conv2dShape& s) {
  return s.y.window * s.x.window;
}

Product product(Pass pass, const sdk::Conv2dShape& s) {
  const bool aligned = s.c % 4 == 0 && s.k % 4 == 0;
  switch (pass) {
    case Pass::kForward:
      return {s.n * s.y.out * s.x.out, s.k, taps(s) * s.c, aligned};
    case Pass::kBackwardData:
      return {s.n * s.y.size * s.x.size, s.c, taps(s) * s.k, aligned};
    default:
      return {taps(s) * s.c + 1, s.k, s.n * s.y.out * s.x.out, aligned};
  }
}

int64_t tiles(const Product& p, const GemmTile& tile) {
  return ceil_div(p.rows, tile.rows) * ceil_div(p.columns, tile.columns);
}

/// What is worked on in vain, in the tiles at the edges, and what a large tile saves: less is better. A group's time goes
/// with its results, and those of a smaller tile load more for each.
double cost(const Product& p, const GemmTile& tile) {
  const auto all = static_cast<double>(tiles(p, tile));
  const double results = static_cast<double>(tile.rows * tile.columns);
  const double loads =
      static_cast<double>(tile.rows + tile.columns) / results + 1.0 / static_cast<double>(tile.group());
  // A long sum is cut into parts until there are enough groups; a short one leaves units without work.
  constexpr int64_t kLong = 512;
  const double waves = p.depth >= kLong ? 1.0 : std::max(1.0, static_cast<double>(kGroups) / 2.0 / all);
  return all * results * waves * (1.0 + 16.0 * loads);
}

/// The tiles that can compute the product, the one to begin with first.
std::vector<const GemmTile*> tiles_for(const Product& p) {
  if (!p.aligned) return {&kAnyTile};
  std::vector<const GemmTile*> all;
  all.reserve(kGemmTiles.size());
  for (const GemmTile& tile : kGemmTiles) all.push_back(&tile);
  std::stable_sort(all.begin(), all.end(),
                   [&](const GemmTile* a, const GemmTile* b) { return cost(p, *a) < cost(p, *b); });
  return all;
}

bool few_channels(Pass pass, const sdk::Conv2dShape& s) {
  return pass != Pass::kBackwardData && s.c <= kMostFewChannels;
}

/// Whether the way back is a convolution with turned weights.
bool suits(Pass pass, const sdk::Conv2dShape& s) {
  return pass != Pass::kBackwardData || (s.y.stride == 1 && s.x.stride == 1);
}

/// The tile for a pass whose kernel is in the file, or null where the older kernels have to do.
const GemmTile* choose_tile(StepBuilder& builder, const Product& p, const char* file, const char* kernel,
                            const std::string& defines = {}) {
  const bool adds = builder.fits("add_parts.cl", "add_gradients", {}, kAddGroup, kAddLocalBytes);
  for (const GemmTile* tile : tiles_for(p)) {
    if (!builder.variant.empty() && builder.variant != tile->name) continue;
    if (adds && builder.fits(file, kernel, tile->defines(p.aligned) + defines, tile->group(), tile->local_bytes()))
      return tile;
  }
  if (builder.variant.empty()) return nullptr;
  throw sdk::Failure(SATEEN_UNSUPPORTED,
                     sdk::text(builder.record()->name, ": the device can't have the variant ", builder.variant));
}

/// Into how many parts of at least `least` the length is cut, so that there are enough groups.
int64_t parts_of(int64_t groups_of_a_part, int64_t length, int64_t least, int64_t most) {
  return std::clamp<int64_t>(kGroups / groups_of_a_part, 1, std::min(std::max<int64_t>(length / least, 1), most));
}

/// The sizes that the kernels of both directions have in common; `from` is what they slide over, `out` over which places.
void set_window(CallBuilder& call, const sdk::Conv2dShape& s) {
  call.number(s.y.window)
      .number(s.x.window)
      .number(s.y.stride)
      .number(s.x.stride)
      .number(s.y.pad_before)
      .number(s.x.pad_before);
}

void set_source(CallBuilder& call, const sdk::Conv2dShape& s) {
  call.number(s.y.size).number(s.x.size).number(s.c).number(s.y.out).number(s.x.out);
}

/// dst = leaky(src * weights + bias) of a forward convolution, or of the way back made one.
void add_tiles(StepBuilder& builder, const GemmTile& tile, const Product& p, const sdk::Conv2dShape& s,
               const char* defines, Place src, Place weights, std::optional<Place> bias, Place dst, float alpha) {
  const int64_t steps = taps(s) * ceil_div(s.c, tile.step);
  constexpr int64_t kLeastSteps = 4;
  constexpr int64_t kMostParts = 32;
  const int64_t part_steps = ceil_div(steps, parts_of(tiles(p, tile), steps, kLeastSteps, kMostParts));
  const int64_t parts = ceil_div(steps, part_steps);
  const bool whole = parts == 1;
  const Place out = whole ? dst : builder.scratch(parts * p.rows * p.columns);
  CallBuilder call = builder.call("implicit_gemm.cl", "implicit_gemm", tile.defines(p.aligned) + defines);
  call.buffer(src).buffer(weights).buffer(bias.value_or(weights)).buffer(out);
  set_source(call, s);
  set_window(call, s);
  call.number(p.rows)
      .number(p.columns)
      .number(whole && bias ? 1 : 0)
      .real(whole ? alpha : 1.0F)
      .number(part_steps)
      .groups(tiles(p, tile) * parts, tile.group());
  if (whole) return;
  builder.call("add_parts.cl", "add_products")
      .buffer(out)
      .buffer(bias.value_or(out))
      .buffer(dst)
      .number(p.rows * p.columns)
      .number(p.columns)
      .number(parts)
      .number(bias ? 1 : 0)
      .real(alpha)
      .items(p.rows * p.columns);
}

/// Where parts of a gradient go: into the results themselves where there is one part, else into a workspace that is then
/// added up.
struct GradientParts {
  Place weights, bias;
  int64_t stride;
};

GradientParts place_parts(StepBuilder& builder, int64_t parts, int64_t n, int64_t columns, Place weights,
                          std::optional<Place> bias) {
  if (parts == 1) return {weights, bias.value_or(weights), 0};
  const int64_t stride = n + (bias ? columns : 0);
  const Place workspace = builder.scratch(parts * stride);
  return {workspace, {workspace.request, workspace.offset + static_cast<uint64_t>(n) * sizeof(float)}, stride};
}

void add_up(StepBuilder& builder, Place in, int64_t parts, int64_t n, int64_t columns, Place weights,
            std::optional<Place> bias) {
  const int64_t all = n + (bias ? columns : 0);
  builder.call("add_parts.cl", "add_gradients")
      .buffer(in)
      .buffer(weights)
      .buffer(bias.value_or(weights))
      .number(n)
      .number(all - n)
      .number(parts)
      .groups(ceil_div(all, kAddedFloats), kAddGroup);
}

std::string few_defines(const sdk::Conv2dShape& s) {
  return sdk::text("-DALIGNED=", s.k % 4 == 0 ? 1 : 0);
}

void add_few_forward(StepBuilder& builder, const sdk::Conv2dShape& s, Place src, Place weights,
                     std::optional<Place> bias, Place dst, float alpha) {
  const Product p = product(Pass::kForward, s);
  CallBuilder call = builder.call("few_channels.cl", "few_channels_forward", few_defines(s));
  call.buffer(src).buffer(weights).buffer(bias.value_or(weights)).buffer(dst);
  set_source(call, s);
  set_window(call, s);
  call.number(p.rows)
      .number(p.columns)
      .number(bias ? 1 : 0)
      .real(alpha)
      .items(ceil_div(p.rows, kFewPixels) * ceil_div(p.columns, 4));
}

void add_few_gradient(StepBuilder& builder, const sdk::Conv2dShape& s, Place src, Place diff_dst, Place diff_weights,
                      std::optional<Place> diff_bias) {
  const Product p = product(Pass::kBackwardWeights, s);
  const int64_t n = (p.rows - 1) * p.columns;
  const int64_t blocks = ceil_div(s.k, kFewColumns) * ceil_div(p.rows - (diff_bias ? 0 : 1), kFewRows);
  constexpr int64_t kLeastPixels = 128;
  constexpr int64_t kMostParts = 256;
  const int64_t part_pixels = ceil_div(p.depth, parts_of(blocks, p.depth, kLeastPixels, kMostParts));
  const int64_t parts = ceil_div(p.depth, part_pixels);
  // One kernel writes the bias's row behind the weights', so that a workspace is needed for one part, too.
  const Place workspace = builder.scratch(parts * (n + (diff_bias ? p.columns : 0)));
  CallBuilder call = builder.call("few_channels.cl", "few_channels_gradient", few_defines(s));
  call.buffer(src).buffer(diff_dst).buffer(workspace);
  set_source(call, s);
  set_window(call, s);
  call.number(p.depth)
      .number(p.columns)
      .number(diff_bias ? 1 : 0)
      .number(part_pixels)
      .groups(parts * blocks, kFewGroup);
  add_up(builder, workspace, parts, n, p.columns, diff_weights, diff_bias);
}

/// n / d = mul_hi(2 * n, magic) >> shift for 0 <= n < 2^31.
struct Divisor {
  explicit Divisor(int64_t d) {
    while ((int64_t{1} << shift) < d) ++shift;
    magic = static_cast<uint32_t>((uint64_t{1} << (31 + shift)) / static_cast<uint64_t>(d) + 1);
  }
  uint32_t magic = 0, shift = 0;
};

}  // namespace

sdk::Conv2dShape dense_shape(int64_t n, int64_t inputs, int64_t outputs) {
  constexpr sdk::Axis kOne{1, 1, 1, 0, 0, 1};
  return {n, inputs, outputs, kOne, kOne};
}

std::vector<std::string> gemm_variants(Pass pass, const sdk::Conv2dShape& s) {
  std::vector<std::string> names;
  if (few_channels(pass, s)) {
    names.emplace_back(kFewChannels);
  } else if (suits(pass, s)) {
    for (const GemmTile* tile : tiles_for(product(pass, s))) names.emplace_back(tile->name);
  }
  names.emplace_back(kNoTiles);
  return names;
}

bool add_gemm_forward(StepBuilder& builder, const sdk::Conv2dShape& s, Place src, Place weights,
                      std::optional<Place> bias, Place dst, float alpha) {
  if (builder.variant == kNoTiles) return false;
  if (few_channels(Pass::kForward, s)) {
    add_few_forward(builder, s, src, weights, bias, dst, alpha);
    return true;
  }
  const Product p = product(Pass::kForward, s);
  const GemmTile* tile = choose_tile(builder, p, "implicit_gemm.cl", "implicit_gemm", kForwardDefine);
  if (tile == nullptr) return false;
  add_tiles(builder, *tile, p, s, kForwardDefine, src, weights, bias, dst, alpha);
  return true;
}

bool add_gemm_backward_data(StepBuilder& builder, const sdk::Conv2dShape& s, Place diff_dst, Place weights,
                            Place diff_src) {
  if (builder.variant == kNoTiles || !suits(Pass::kBackwardData, s)) return false;
  const Product p = product(Pass::kBackwardData, s);
  const GemmTile* tile = choose_tile(builder, p, "implicit_gemm.cl", "implicit_gemm", kTurnedDefine);
  if (tile == nullptr) return false;
  sdk::Conv2dShape back = s;
  std::swap(back.c, back.k);
  for (auto [axis, from] : {std::pair(&back.y, &s.y), std::pair(&back.x, &s.x)}) {
    axis->size = from->out;
    axis->out = from->size;
    axis->pad_before = from->window - 1 - from->pad_before;
  }
  add_tiles(builder, *tile, p, back, kTurnedDefine, diff_dst, weights, std::nullopt, diff_src, 1.0F);
  return true;
}

bool add_gemm_backward_weights(StepBuilder& builder, const sdk::Conv2dShape& s, Place src, Place diff_dst,
                               Place diff_weights, std::optional<Place> diff_bias) {
  if (builder.variant == kNoTiles) return false;
  if (few_channels(Pass::kBackwardWeights, s) &&
      builder.fits("few_channels.cl", "few_channels_gradient", few_defines(s), kFewGroup, kFewLocalBytes) &&
      builder.fits("add_parts.cl", "add_gradients", {}, kAddGroup, kAddLocalBytes)) {
    add_few_gradient(builder, s, src, diff_dst, diff_weights, diff_bias);
    return true;
  }
  Product p = product(Pass::kBackwardWeights, s);
  if (!diff_bias) --p.rows;
  const GemmTile* tile = choose_tile(builder, p, "implicit_gemm_gradient.cl", "implicit_gemm_gradient");
  if (tile == nullptr) return false;
  const int64_t n = taps(s) * s.c * s.k;
  constexpr int64_t kLeastPixels = 64;
  constexpr int64_t kMostParts = 64;
  const int64_t wanted = parts_of(tiles(p, *tile), p.depth, kLeastPixels, kMostParts);
  const int64_t part_pixels = ceil_div(ceil_div(p.depth, wanted), tile->step) * tile->step;
  const int64_t parts = ceil_div(p.depth, part_pixels);
  const GradientParts out = place_parts(builder, parts, n, s.k, diff_weights, diff_bias);
  const Divisor width(s.x.out);
  const Divisor height(s.y.out);
  CallBuilder call = builder.call("implicit_gemm_gradient.cl", "implicit_gemm_gradient", tile->defines(p.aligned));
  call.buffer(src).buffer(diff_dst).buffer(out.weights).buffer(out.bias);
  set_source(call, s);
  call.unsigned_number(width.magic)
      .unsigned_number(width.shift)
      .unsigned_number(height.magic)
      .unsigned_number(height.shift);
  set_window(call, s);
  call.number(p.depth)
      .number(s.k)
      .number(diff_bias ? 1 : 0)
      .number(part_pixels)
      .wide(static_cast<uint64_t>(out.stride))
      .groups(tiles(p, *tile) * parts, tile->group());
  if (parts > 1) add_up(builder, out.weights, parts, n, s.k, diff_weights, diff_bias);
  return true;
}

}  // namespace sateen::opencl
