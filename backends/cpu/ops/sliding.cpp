// A window that slides over images with channels last.
#include "ops/sliding.hpp"

#include <algorithm>

namespace sateen::cpu {

Sliding::Sliding(Direction vertical, Direction horizontal, int64_t c, int64_t images)
    : y(vertical), x(horizontal), channels(c) {
  const auto fits = [](const Direction& d) { return d.spread == 1 && d.pad == 0 && d.padded() <= d.size; };
  direct = fits(y) && fits(x);
  constexpr int64_t kBandBytes = int64_t{192} << 10;  // stays in a core's second cache
  constexpr int64_t kTasks = 16;                      // of all images together, at least
  const auto row_bytes = static_cast<int64_t>(float_bytes(row()));
  const int64_t rows_that_fit = std::max<int64_t>(kBandBytes / row_bytes - y.window, 0) / y.step + 1;
  const int64_t parts = (kTasks - 1) / images + 1;
  band_rows = std::min(rows_that_fit, (y.out - 1) / parts + 1);
  bands = (y.out - 1) / band_rows + 1;
}

uint64_t Sliding::band_bytes() const {
  return direct ? 0 : float_bytes((std::min(band_rows, y.out) - 1) * y.step + y.window, row());
}

const float* Sliding::band(int64_t band, const float* image, float* scratch) const {
  const int64_t first = band_begin(band) * y.step;
  if (direct) return image + first * row();
  const int64_t rows = (band_end(band) - band_begin(band) - 1) * y.step + y.window;
  for (int64_t r = 0; r < rows; ++r) {
    const int64_t at = first + r - y.pad;
    const bool inside = at >= 0 && at % y.spread == 0 && at / y.spread < y.size;
    copy_row(inside ? image + at / y.spread * x.size * channels : nullptr, scratch + r * row());
  }
  return scratch;
}

void Sliding::copy_row(const float* from, float* to) const {
  float* const end = to + row();
  if (from == nullptr || x.spread > 1) std::fill(to, end, 0.0F);
  if (from == nullptr) return;
  if (x.spread > 1) {
    for (int64_t i = 0; i < x.size && x.pad + i * x.spread < x.padded(); ++i) {
      std::copy(from + i * channels, from + (i + 1) * channels, to + (x.pad + i * x.spread) * channels);
    }
    return;
  }
  const int64_t n = std::min(x.size, x.padded() - x.pad);
  float* const body = std::fill_n(to, x.pad * channels, 0.0F);
  std::fill(std::copy(from, from + n * channels, body), end, 0.0F);
}

std::vector<int64_t> Sliding::pixel_offsets() const {
  std::vector<int64_t> r;
  r.reserve(static_cast<size_t>(band_rows * x.out));
  for (int64_t iy = 0; iy < band_rows; ++iy) {
    for (int64_t ix = 0; ix < x.out; ++ix) r.push_back(iy * y.step * row() + ix * x.step * channels);
  }
  return r;
}

}  // namespace sateen::cpu
