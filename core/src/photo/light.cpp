// Light that falls off across a picture, evened out by what it does to the border.
//
// The ground's level is taken for a plane, with u and v from -1 to 1 across and down the picture:
//
//   g(u, v) = c + a u + b v        c, a, b: least squares over the border, then four times over the 3/4 of it nearest to g
//   pixel  <- pixel * max(g) / g(u, v)
//
// A quotient and no difference, because half the light halves the garment's contrast too.
#include "photo/light.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "photo/ground.hpp"

namespace sateen {
namespace {

struct Sample {
  double u = 0, v = 0, level = 0;
};

struct Plane {
  double c = 0, a = 0, b = 0;
  double at(double u, double v) const { return c + a * u + b * v; }
  double slope() const { return std::abs(a) + std::abs(b); }
};

/// The middle of a pixel, from -1 to 1.
double place(int pixel, int pixels) {
  return (2.0 * pixel + 1) / pixels - 1;
}

std::vector<Sample> border_of(const GrayImage& image) {
  std::vector<Sample> border;
  size_t i = 0;
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x, ++i) {
      if (y != 0 && y != image.height - 1 && x != 0 && x != image.width - 1) continue;
      border.push_back({place(x, image.width), place(y, image.height), static_cast<double>(image.pixels[i])});
    }
  }
  return border;
}

/// Least squares over the first samples: c from the means, a and b from the covariances. Nothing where they are on a line.
std::optional<Plane> fitted(const std::vector<Sample>& samples, size_t count) {
  const auto n = static_cast<double>(count);
  Sample mean;
  for (size_t i = 0; i < count; ++i) {
    mean.u += samples[i].u / n;
    mean.v += samples[i].v / n;
    mean.level += samples[i].level / n;
  }
  double uu = 0, uv = 0, vv = 0, ul = 0, vl = 0;
  for (size_t i = 0; i < count; ++i) {
    const double u = samples[i].u - mean.u, v = samples[i].v - mean.v, level = samples[i].level - mean.level;
    uu += u * u / n;
    uv += u * v / n;
    vv += v * v / n;
    ul += u * level / n;
    vl += v * level / n;
  }
  constexpr double kLine = 1e-3;
  const double determinant = uu * vv - uv * uv;
  if (determinant < kLine) return std::nullopt;
  const double a = (ul * vv - vl * uv) / determinant, b = (vl * uu - ul * uv) / determinant;
  return Plane{mean.level - a * mean.u - b * mean.v, a, b};
}

/// Puts as many of the samples first as are nearest to the plane. Returns how far the last of them is.
double nearest_first(const Plane& plane, std::vector<Sample>& samples, size_t count) {
  const auto distance = [&](const Sample& s) { return std::abs(s.level - plane.at(s.u, s.v)); };
  const auto last = samples.begin() + static_cast<ptrdiff_t>(count - 1);
  std::nth_element(samples.begin(), last, samples.end(),
                   [&](const Sample& s, const Sample& t) { return distance(s) < distance(t); });
  return distance(*last);
}

/// The plane of the border's levels, where it says clearly more than a constant.
std::optional<Plane> slanting(const GrayImage& image) {
  constexpr int kBlocks = 64, kTrims = 4;
  constexpr double kGround = 0.75;   // the share of the border that is ground at least
  constexpr double kLeastSlope = 8;  // half the difference between the lightest and the darkest corner
  constexpr double kClearly = 0.5;   // the most distance from the plane, of that from a constant
  constexpr double kOfSlope = 0.3;   // and of the slope; a step between two grounds has more
  constexpr double kDarkest = 0.4;   // of the lightest level; less is no light that falls off
  // Means of many pixels, so that noise counts little.
  const GrayImage blocks = resize(image, std::min(image.width, kBlocks), std::min(image.height, kBlocks));
  std::vector<Sample> border = border_of(blocks);
  const auto count = static_cast<size_t>(std::ceil(kGround * static_cast<double>(border.size())));
  const double from_constant = nearest_first({static_cast<double>(find_ground(blocks).level), 0, 0}, border, count);
  std::optional<Plane> plane = fitted(border, border.size());
  for (int trim = 0; plane && trim < kTrims; ++trim) {
    nearest_first(*plane, border, count);
    plane = fitted(border, count);
  }
  if (!plane) return std::nullopt;
  const double from_plane = nearest_first(*plane, border, count);
  const bool clear = plane->slope() >= kLeastSlope && from_plane <= kOfSlope * plane->slope() &&
                     from_plane <= kClearly * from_constant;
  if (!clear || plane->c - plane->slope() < kDarkest * (plane->c + plane->slope())) return std::nullopt;
  return plane;
}

}  // namespace

bool even_light(GrayImage& image) {
  const std::optional<Plane> plane = slanting(image);
  if (!plane) return false;
  constexpr double kWhite = 255;
  const double lightest = std::min(plane->c + plane->slope(), kWhite);
  size_t i = 0;
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x, ++i) {
      const double ground = plane->at(place(x, image.width), place(y, image.height));
      const double evened = image.pixels[i] * lightest / ground;
      image.pixels[i] = static_cast<uint8_t>(std::lround(std::clamp(evened, 0.0, kWhite)));
    }
  }
  return true;
}

}  // namespace sateen
