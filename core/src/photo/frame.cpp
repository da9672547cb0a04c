// A frame around a picture: bars of one level, as scans, screenshots and letterboxes have them.
#include "photo/frame.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <span>
#include <vector>

namespace sateen {
namespace {

using Line = std::span<const uint8_t>;

constexpr int kSame = 12, kOther = 40;  // levels: as far apart at most, or at least
constexpr double kNearlyAll = 0.97;
constexpr int kSoft = 3;  // lines of an edge that is not sharp

enum class Side { kTop, kBottom, kLeft, kRight };
constexpr std::array kSides = {Side::kTop, Side::kBottom, Side::kLeft, Side::kRight};

bool lies(Side side) {
  return side == Side::kTop || side == Side::kBottom;
}

/// The pixels of a box that lie `depth` lines from one of its sides.
std::vector<uint8_t> line(const GrayImage& image, const Box& box, Side side, int depth) {
  std::vector<uint8_t> pixels;
  for (int i = 0; i < (lies(side) ? box.width : box.height); ++i) {
    int x = i, y = i;
    if (side == Side::kTop) y = depth;
    if (side == Side::kBottom) y = box.height - 1 - depth;
    if (side == Side::kLeft) x = depth;
    if (side == Side::kRight) x = box.width - 1 - depth;
    pixels.push_back(image.pixels[static_cast<size_t>(box.y + y) * static_cast<size_t>(image.width) +
                                  static_cast<size_t>(box.x + x)]);
  }
  return pixels;
}

int median(std::vector<uint8_t> values) {
  const auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

bool near(int value, int level) {
  return std::abs(value - level) <= kSame;
}

double share_near(Line pixels, int level) {
  const auto count = std::count_if(pixels.begin(), pixels.end(), [&](int v) { return near(v, level); });
  return static_cast<double>(count) / static_cast<double>(pixels.size());
}

double share_other(Line pixels, int level) {
  const auto count = std::count_if(pixels.begin(), pixels.end(), [&](int v) { return std::abs(v - level) >= kOther; });
  return static_cast<double>(count) / static_cast<double>(pixels.size());
}

/// A line without the ends that have a level: the bars of the other sides.
Line between_bars(Line pixels, int level) {
  while (!pixels.empty() && near(pixels.front(), level)) pixels = pixels.subspan(1);
  while (!pixels.empty() && near(pixels.back(), level)) pixels = pixels.first(pixels.size() - 1);
  return pixels;
}

/// How many lines of a side may be a bar of a level.
int bar(const GrayImage& image, const Box& box, Side side, int level) {
  constexpr int kPart = 3;
  const int most = (lies(side) ? box.height : box.width) / kPart;
  int depth = 0;
  while (depth < most && share_near(line(image, box, side, depth), level) >= kNearlyAll) ++depth;
  if (depth == 0) return 0;
  for (int end = depth; end <= std::min(depth + kSoft, most); ++end) {
    const std::vector<uint8_t> next = line(image, box, side, end);
    const Line between = between_bars(next, level);
    if (kPart * between.size() >= next.size() && share_other(between, level) >= kNearlyAll) return end;
  }
  return 0;
}

/// The outermost pixels of a box but for some lines.
std::vector<uint8_t> outline(const GrayImage& image, Box box, int inset) {
  box = {box.x + inset, box.y + inset, box.width - 2 * inset, box.height - 2 * inset};
  std::vector<uint8_t> pixels;
  for (const Side side : kSides) {
    const std::vector<uint8_t> part = line(image, box, side, 0);
    pixels.insert(pixels.end(), part.begin(), part.end());
  }
  return pixels;
}

}  // namespace

GrayImage cut(const GrayImage& image, const Box& box) {
  GrayImage part{box.width, box.height, {}};
  part.pixels.reserve(static_cast<size_t>(box.width) * static_cast<size_t>(box.height));
  for (int y = box.y; y < box.y + box.height; ++y) {
    const auto row = image.pixels.begin() + static_cast<ptrdiff_t>(y) * image.width + box.x;
    part.pixels.insert(part.pixels.end(), row, row + box.width);
  }
  return part;
}

Box inside_frame(const GrayImage& image) {
  constexpr int kLeastSide = 16, kSoftOf = 100;
  const Box whole{0, 0, image.width, image.height};
  if (std::min(image.width, image.height) < kLeastSide) return whole;
  // Any side may be without a bar, so that its level is not the frame's.
  for (const Side first : kSides) {
    const int level = median(line(image, whole, first, 0));
    Box box = whole;
    for (const Side side : kSides) {
      const int depth = bar(image, box, side, level);
      if (side == Side::kTop) box.y += depth;
      if (side == Side::kLeft) box.x += depth;
      (lies(side) ? box.height : box.width) -= depth;
    }
    if (box.width == whole.width && box.height == whole.height) continue;
    const int soft = std::min(box.width, box.height) / kSoftOf;  // edges belong to the frame
    box = {box.x + soft, box.y + soft, box.width - 2 * soft, box.height - 2 * soft};
    const std::vector<uint8_t> edge = outline(image, box, 0);
    if (share_near(edge, median(edge)) >= kNearlyAll) return box;
  }
  return whole;
}

bool looks_framed(const GrayImage& image, const Ground& ground, const Box& box) {
  constexpr double kMostOfSide = 0.7, kMostOfOutline = 0.8;
  if (box.width < kMostOfSide * image.width || box.height < kMostOfSide * image.height) return false;
  const int inset = std::min(kSoft, std::min(box.width, box.height) / 28);
  return share_other(outline(image, box, inset), ground.level) >= kMostOfOutline;
}

}  // namespace sateen
