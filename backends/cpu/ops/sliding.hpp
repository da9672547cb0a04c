// A window that slides over images with channels last: the shape that the three passes of a convolution share.
#pragma once

#include <cstdint>
#include <vector>

#include "step.hpp"

namespace sateen::cpu {

/// A window over the source image, which is spread out (`spread` − 1 zeros between its pixels) and then padded.
/// Output pixel (y, x) sees the padded image from (y · step, x · step) on. The work is cut into bands of output rows,
/// each with a padded copy of what it sees, so that the inner loops know no borders.
struct Sliding {
  struct Direction {
    int64_t size = 0, spread = 1, pad = 0;  // of the source
    int64_t window = 0, step = 1;
    int64_t out = 0;
    int64_t padded() const { return (out - 1) * step + window; }
  };
  Direction y, x;
  int64_t channels = 0;
  int64_t band_rows = 0;  ///< output rows of a band; the last one may have fewer
  int64_t bands = 0;
  bool direct = false;  ///< the source needs no copy

  /// Fixes the bands. images: how many there are; few images are cut finer, so that there is work for many threads.
  Sliding(Direction y, Direction x, int64_t channels, int64_t images);

  int64_t row() const { return (direct ? x.size : x.padded()) * channels; }  ///< floats of a padded row
  uint64_t band_bytes() const;                                               ///< scratch for a padded band
  int64_t band_begin(int64_t band) const { return band * band_rows; }
  int64_t band_end(int64_t band) const { return std::min(y.out, (band + 1) * band_rows); }

  /// What the band sees of an image: in the image itself or copied to scratch.
  const float* band(int64_t band, const float* image, float* scratch) const;

  /// Where each output pixel of a band begins to see, in floats from the band's start.
  std::vector<int64_t> pixel_offsets() const;

 private:
  void copy_row(const float* from, float* to) const;
};

}  // namespace sateen::cpu
