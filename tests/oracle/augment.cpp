// Images that are mirrored and moved at random.
#include <cmath>

#include "oracle.hpp"

namespace oracle {
namespace {

int64_t distance(uint32_t word, int64_t most) {
  const double share = word / 4294967296.0;  // exact, and so is the product of two short numbers
  return static_cast<int64_t>(std::floor(share * static_cast<double>(2 * most + 1))) - most;
}

}  // namespace

Change draw_change(const Augment& a, uint32_t step, uint64_t row) {
  const uint64_t g = a.first_row + row;
  const uint64_t two_32 = uint64_t{1} << 32;
  const std::array<uint32_t, 4> word =
      philox({static_cast<uint32_t>(g % two_32), static_cast<uint32_t>(g / two_32), step, a.stream},
             {static_cast<uint32_t>(a.seed % two_32), static_cast<uint32_t>(a.seed / two_32)});
  return {a.mirror && word[0] >= 0x80000000U, distance(word[1], a.max_shift), distance(word[2], a.max_shift)};
}

Values change(const Change& change, const Images& g, const Values& image) {
  Values changed;
  for (int64_t y = 0; y < g.h; ++y)
    for (int64_t x = 0; x < g.w; ++x)
      for (int64_t c = 0; c < g.c; ++c) {
        const int64_t row = y - change.down;
        int64_t column = x - change.right;
        const bool outside = row < 0 || row >= g.h || column < 0 || column >= g.w;
        if (change.mirrored) column = g.w - 1 - column;
        changed.push_back(outside ? 0.0 : image[static_cast<size_t>((row * g.w + column) * g.c + c)]);
      }
  return changed;
}

Values augment(const Augment& a, uint32_t step, const Images& g, const Values& data,
               const std::vector<int64_t>& places) {
  const int64_t sample = g.h * g.w * g.c;
  Values batch;
  for (size_t i = 0; i < places.size(); ++i) {
    if (places[i] < 0) {
      batch.insert(batch.end(), static_cast<size_t>(sample), 0.0);
      continue;
    }
    const auto first = data.begin() + places[i] * sample;
    for (const double x : change(draw_change(a, step, i), g, {first, first + sample}))
      batch.push_back(x * a.scale + a.shift);
  }
  return batch;
}

}  // namespace oracle
