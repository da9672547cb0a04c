// Where the garment is in a picture.
#include "photo/garment.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace sateen {
namespace {

/// Means of 3 by 3 pixels, so that single noisy pixels count little. The border's pixels keep what they have.
std::vector<uint8_t> smoothed(const GrayImage& image) {
  constexpr int kPixels = 9;
  std::vector<uint8_t> result = image.pixels;
  const auto width = static_cast<size_t>(image.width), height = static_cast<size_t>(image.height);
  for (size_t y = 1; y + 1 < height; ++y) {
    for (size_t x = 1; x + 1 < width; ++x) {
      int sum = kPixels / 2;
      for (size_t row = y - 1; row <= y + 1; ++row) {
        const uint8_t* pixel = &image.pixels[row * width + x];
        sum += pixel[-1] + pixel[0] + pixel[1];
      }
      result[y * width + x] = static_cast<uint8_t>(sum / kPixels);
    }
  }
  return result;
}

/// The pixels of one connected part; what was visited becomes `taken` in the mask.
void take_part(std::vector<uint8_t>& mask, int width, int height, size_t start, std::vector<size_t>& part) {
  constexpr uint8_t kTaken = 2;
  part.assign(1, start);
  mask[start] = kTaken;
  for (size_t next = 0; next < part.size(); ++next) {
    const int x = static_cast<int>(part[next] % static_cast<size_t>(width));
    const int y = static_cast<int>(part[next] / static_cast<size_t>(width));
    for (int row = std::max(y - 1, 0); row <= std::min(y + 1, height - 1); ++row) {
      for (int column = std::max(x - 1, 0); column <= std::min(x + 1, width - 1); ++column) {
        const size_t at = static_cast<size_t>(row) * static_cast<size_t>(width) + static_cast<size_t>(column);
        if (mask[at] != 1) continue;
        mask[at] = kTaken;
        part.push_back(at);
      }
    }
  }
}

/// What there is to know of a part without its pixels.
struct Part {
  size_t pixels = 0, darker = 0;
  uint64_t contrast = 0;
  int left = 0, top = 0, right = 0, bottom = 0;  // the last two inclusive
};

Part measured(const GrayImage& image, const Ground& ground, const std::vector<size_t>& pixels) {
  Part part{pixels.size(), 0, 0, image.width, image.height, -1, -1};
  for (const size_t at : pixels) {
    const int x = static_cast<int>(at % static_cast<size_t>(image.width));
    const int y = static_cast<int>(at / static_cast<size_t>(image.width));
    part.left = std::min(part.left, x);
    part.right = std::max(part.right, x);
    part.top = std::min(part.top, y);
    part.bottom = std::max(part.bottom, y);
    const int distance = image.pixels[at] - ground.level;
    if (distance < 0) ++part.darker;
    part.contrast += static_cast<uint64_t>(std::abs(distance));
  }
  return part;
}

void join(Part& all, const Part& part) {
  if (all.pixels == 0) {
    all = part;
    return;
  }
  all.pixels += part.pixels;
  all.darker += part.darker;
  all.contrast += part.contrast;
  all.left = std::min(all.left, part.left);
  all.top = std::min(all.top, part.top);
  all.right = std::max(all.right, part.right);
  all.bottom = std::max(all.bottom, part.bottom);
}

/// The quantile of the values above a limit; the limit where there is none.
double quantile_above(const std::vector<uint8_t>& values, double limit, double share) {
  std::array<size_t, 256> counts{};
  for (const uint8_t value : values) ++counts[value];
  const auto lowest = static_cast<size_t>(limit) + 1;
  size_t all = 0, seen = 0;
  for (size_t value = lowest; value < counts.size(); ++value) all += counts[value];
  for (size_t value = lowest; value < counts.size(); ++value) {
    seen += counts[value];
    if (seen > 0 && static_cast<double>(seen) >= share * static_cast<double>(all)) return static_cast<double>(value);
  }
  return limit;
}

}  // namespace

std::vector<uint8_t> differing(const GrayImage& image, const Ground& ground) {
  constexpr double kLeast = 10, kDeviations = 3, kStrong = 0.9, kOfStrong = 0.2;
  std::vector<uint8_t> distances = ground.unrest > 0 ? smoothed(image) : image.pixels;
  for (uint8_t& pixel : distances) pixel = static_cast<uint8_t>(std::abs(pixel - ground.level));
  const double unrest = std::max(kLeast, kDeviations * ground.unrest);
  // Edges are soft: the garment ends where they are well on their way.
  const double reach = std::max(unrest, kOfStrong * quantile_above(distances, unrest, kStrong));
  for (uint8_t& pixel : distances) pixel = pixel > reach ? 1 : 0;
  return distances;
}

Garment find_garment(const GrayImage& image, const Ground& ground, std::vector<uint8_t> mask) {
  constexpr size_t kSpeckOf = 50;
  std::vector<Part> parts;
  std::vector<size_t> pixels;
  size_t largest = 0;
  for (size_t i = 0; i < mask.size(); ++i) {
    if (mask[i] != 1) continue;
    take_part(mask, image.width, image.height, i, pixels);
    if (pixels.size() < largest / kSpeckOf) continue;
    parts.push_back(measured(image, ground, pixels));
    largest = std::max(largest, pixels.size());
  }
  Part all;
  for (const Part& part : parts) {
    if (part.pixels >= largest / kSpeckOf) join(all, part);
  }
  if (all.pixels == 0) return {};
  const auto count = static_cast<double>(all.pixels);
  return {{all.left, all.top, all.right - all.left + 1, all.bottom - all.top + 1},
          static_cast<double>(all.darker) / count,
          static_cast<double>(all.contrast) / count};
}

}  // namespace sateen
