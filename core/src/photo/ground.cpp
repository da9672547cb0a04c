// What a garment lies on, judged by the border of the picture.
#include "photo/ground.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace sateen {
namespace {

constexpr int kLevels = 256;

/// How many pixels have each level.
struct Histogram {
  std::array<int64_t, kLevels> counts{};
  int64_t& operator[](int level) { return counts[static_cast<size_t>(level)]; }
  int64_t operator[](int level) const { return counts[static_cast<size_t>(level)]; }
};

Histogram border_histogram(const GrayImage& image, int band) {
  Histogram counts;
  size_t i = 0;
  for (int y = 0; y < image.height; ++y) {
    const bool edge = y < band || y >= image.height - band;
    for (int x = 0; x < image.width; ++x, ++i) {
      if (edge || x < band || x >= image.width - band) ++counts[image.pixels[i]];
    }
  }
  return counts;
}

int64_t total(const Histogram& counts, int from = 0, int to = kLevels - 1) {
  int64_t sum = 0;
  for (int level = std::max(from, 0); level <= std::min(to, kLevels - 1); ++level) sum += counts[level];
  return sum;
}

int quantile(const Histogram& counts, double share, int from = 0, int to = kLevels - 1) {
  const auto wanted = static_cast<int64_t>(std::ceil(share * static_cast<double>(total(counts, from, to))));
  int64_t seen = 0;
  int level = std::max(from, 0);
  for (; level < std::min(to, kLevels - 1); ++level) {
    seen += counts[level];
    if (seen >= wanted) break;
  }
  return level;
}

}  // namespace

Ground find_ground(const GrayImage& image) {
  constexpr int kBandOf = 50, kReach = 12;
  const int band = std::max(1, std::min(image.width, image.height) / kBandOf);
  const Histogram counts = border_histogram(image, band);
  int middle = 0;
  for (int level = 0; level < kLevels; ++level) {
    if (total(counts, level - kReach, level + kReach) > total(counts, middle - kReach, middle + kReach)) middle = level;
  }
  Ground ground;
  ground.level = quantile(counts, 0.5, middle - kReach, middle + kReach);
  // The unrest of the whole border, robust against what of the garment reaches it, and the share that is no more than it.
  Histogram distances;
  for (int level = 0; level < kLevels; ++level) distances[std::abs(level - ground.level)] += counts[level];
  constexpr double kDeviations = 1.4826, kMostUnrest = 24;  // of a normal distribution's median distance
  ground.unrest = std::min(kDeviations * quantile(distances, 0.5), kMostUnrest);
  const int reach = std::max(kReach, static_cast<int>(3 * ground.unrest));
  ground.share = static_cast<double>(total(distances, 0, reach)) / static_cast<double>(total(distances));
  return ground;
}

int border_quantile(const GrayImage& image, double share) {
  return quantile(border_histogram(image, 1), share);
}

}  // namespace sateen
