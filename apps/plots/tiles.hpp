// Images of a data set side by side, with words below each.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "plots/script.hpp"
#include "sateen/data.hpp"

namespace sateen::app {

/// Where an image lies: x goes right and y down, in pixels of an image.
struct TilePlace {
  double left = 0, top = 0, right = 0, bottom = 0;
  double unit = 1;  ///< a 28th of the image's longest side

  /// Where a line of words begins below the image, from 0.
  double line(int i) const { return bottom + unit * (3.4 + 4.4 * i); }
};

struct TileSheet {
  std::string name, title;
  int lines = 1;           ///< of words below an image
  std::string when_empty;  ///< words for a sheet without images
};

/// Eight in a row. words: gnuplot's commands for what surrounds the i-th of the images.
Picture tiles(const TileSheet& sheet, std::span<const uint32_t> images, const Dataset& data,
              const std::function<std::string(size_t i, const TilePlace&)>& words);

}  // namespace sateen::app
