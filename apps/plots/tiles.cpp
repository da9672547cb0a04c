// Images of a data set side by side, with words below each.
#include "plots/tiles.hpp"

#include <algorithm>

namespace sateen::app {
namespace {

constexpr size_t kColumns = 8;

/// A block of numbers that gnuplot draws as an image: dark on light, as on paper.
std::string block_of(const std::string& name, std::span<const uint8_t> pixels, const Shape& shape) {
  const auto height = static_cast<size_t>(shape[0]);
  const auto width = static_cast<size_t>(shape[1]);
  const auto channels = static_cast<size_t>(shape[2]);
  std::string block = name + " << EOD\n";
  for (size_t y = 0; y < height; ++y) {
    for (size_t x = 0; x < width; ++x) {
      block += std::to_string(255 - pixels[(y * width + x) * channels]) + (x + 1 < width ? " " : "\n");
    }
  }
  return block + "EOD\n";
}

}  // namespace

Picture tiles(const TileSheet& sheet, std::span<const uint32_t> images, const Dataset& data,
              const std::function<std::string(size_t i, const TilePlace&)>& words) {
  Picture picture{sheet.name, sheet.title, 0, 0, {}, {}};
  constexpr int kTileWidth = 150, kImageHeight = 142, kLineHeight = 17, kTitle = 56;
  const int tile_height = kImageHeight + kLineHeight * sheet.lines;
  const Shape& shape = data.sample_shape();
  const auto height = static_cast<double>(shape[0]);
  const auto width = static_cast<double>(shape[1]);
  const double unit = std::max(width, height) / 28;  // what it is drawn for
  const double pitch_x = 38 * unit, pitch_y = pitch_x * tile_height / kTileWidth;
  const size_t rows = std::max<size_t>((images.size() + kColumns - 1) / kColumns, 1);
  picture.width = static_cast<int>(kColumns) * kTileWidth;
  picture.height = static_cast<int>(rows) * tile_height + kTitle;
  std::string block_name = "$" + picture.name;
  std::replace(block_name.begin(), block_name.end(), '-', '_');
  std::string labels, plots;
  for (size_t i = 0; i < images.size(); ++i) {
    const size_t row = i / kColumns;
    const double left = pitch_x * static_cast<double>(i % kColumns) + (pitch_x - width) / 2;
    const double top = pitch_y * static_cast<double>(row) + unit;
    const std::string block = block_name + std::to_string(i);
    picture.data += block_of(block, data.image(images[i]), shape);
    plots += (i == 0 ? "plot " : ", \\\n  ") + block + " matrix using ($1+" + plot_number(left + 0.5) + "):($2+" +
             plot_number(top + 0.5) + "):3 with image";
    labels += words(i, {left, top, left + width, top + height, unit});
  }
  if (images.empty()) labels += label(sheet.when_empty, "graph 0.5, graph 0.5", "center font ',16'");
  picture.commands =
      "set title " + plot_text(picture.title) + " font ',14'\n" +
      "set lmargin at screen 0\nset rmargin at screen 1\nset bmargin at screen 0\nset tmargin at screen " +
      plot_number(1 - static_cast<double>(kTitle) / picture.height) + "\n" +
      "unset border\nunset xtics\nunset ytics\nunset key\nunset colorbox\nset palette gray\nset cbrange [0:255]\n" +
      "set xrange [0:" + plot_number(pitch_x * static_cast<double>(kColumns)) + "]\nset yrange [" +
      plot_number(pitch_y * static_cast<double>(rows)) + ":0]\n" + labels + (images.empty() ? "plot NaN" : plots) +
      "\n";
  return picture;
}

}  // namespace sateen::app
