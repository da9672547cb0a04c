// From a photo to the network's input, step by step.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <utility>

#include "io/picture.hpp"
#include "photo/frame.hpp"
#include "photo/garment.hpp"
#include "photo/ground.hpp"
#include "photo/light.hpp"
#include "sateen/error.hpp"
#include "sateen/photo.hpp"

namespace sateen {
namespace {

constexpr int kWhite = 255, kMiddle = 127;
constexpr uint8_t kVisible = 128;  // the least alpha of what can be seen

std::string size_text(int width, int height) {
  return std::to_string(width) + "x" + std::to_string(height);
}

/// A picture of the network's own size: its pixels stay where they are.
void keep(const Photo& photo, Inversion inversion, PreparedPhoto& result) {
  constexpr double kQuarter = 0.25;
  constexpr int kSurelyDark = 64;
  result.image = {photo.width, photo.height, photo.gray};
  const int quartile = border_quantile(result.image, kQuarter);
  const bool inverted = inversion == Inversion::kYes || (inversion == Inversion::kAuto && quartile > kMiddle);
  if (inversion == Inversion::kAuto && quartile > kSurelyDark && !inverted) {
    result.doubts.emplace_back("its border is neither dark nor light");
  }
  if (!inverted) return;
  result.image = invert(std::move(result.image));
  result.steps.emplace_back("inverted");
}

/// An opaque picture, and the same of at most 1024 pixels a side, in which the garment is looked for.
struct Scene {
  GrayImage full;
  GrayImage image;
  Ground ground;
  bool cut_out = false;
};

GrayImage shrunk(const GrayImage& image) {
  constexpr int kMostSide = 1024;
  const int side = std::max(image.width, image.height);
  if (side <= kMostSide) return image;
  const auto scaled = [&](int length) { return std::max(1, static_cast<int>(int64_t{length} * kMostSide / side)); };
  return resize(image, scaled(image.width), scaled(image.height));
}

/// The level on which a cut-out garment is laid: what a shop's photo has, unless nothing would be seen of it.
int ground_for_cut_out(const Photo& photo, std::vector<std::string>& doubts) {
  constexpr double kVeryLight = 205, kNear = 16;
  uint64_t sum = 0, visible = 0;
  for (size_t i = 0; i < photo.gray.size(); ++i) {
    if (photo.alpha[i] < kVisible) continue;
    sum += photo.gray[i];
    ++visible;
  }
  const double mean = visible == 0 ? 0 : static_cast<double>(sum) / static_cast<double>(visible);
  if (std::abs(mean - kVeryLight) < kNear) doubts.emplace_back("it is cut out, and may be dark or light");
  return mean < kVeryLight ? kWhite : 0;
}

/// The commonest level of what can be seen at the border, for the rest of it.
std::optional<int> ground_behind_corners(const Photo& photo) {
  std::vector<uint8_t> border;
  size_t all = 0, i = 0;
  for (int y = 0; y < photo.height; ++y) {
    for (int x = 0; x < photo.width; ++x, ++i) {
      if (y != 0 && y != photo.height - 1 && x != 0 && x != photo.width - 1) continue;
      ++all;
      if (photo.alpha[i] >= kVisible) border.push_back(photo.gray[i]);
    }
  }
  if (2 * border.size() <= all) return std::nullopt;
  return find_ground({static_cast<int>(border.size()), 1, std::move(border)}).level;
}

Scene scene_of(const Photo& photo, PreparedPhoto& result) {
  GrayImage image{photo.width, photo.height, photo.gray};
  std::optional<int> cut_out;
  if (!photo.alpha.empty()) {
    const std::optional<int> behind = ground_behind_corners(photo);
    if (!behind) cut_out = ground_for_cut_out(photo, result.doubts);
    const auto level = static_cast<unsigned>(behind ? *behind : *cut_out);
    for (size_t i = 0; i < photo.alpha.size(); ++i) image.pixels[i] = laid_on(level, photo.gray[i], photo.alpha[i]);
  }
  if (!cut_out && even_light(image)) result.steps.emplace_back("evened the light");
  Scene scene{{}, shrunk(image), {}, cut_out.has_value()};
  scene.full = std::move(image);
  if (!cut_out) {
    scene.ground = find_ground(scene.image);
  } else {
    scene.ground.level = *cut_out;
    result.steps.emplace_back(*cut_out == 0 ? "laid on black" : "laid on white");
  }
  return scene;
}

void add_doubts(const GrayImage& image, const Ground& ground, const Garment& garment, const PhotoOptions& options,
                std::vector<std::string>& doubts) {
  constexpr double kPlainBorder = 0.6, kFaint = 25, kMostlyOne = 0.7;
  if (garment.empty()) {
    doubts.emplace_back("nothing stands out from its ground");
    return;
  }
  const Box& box = garment.box;
  // A shadow or uneven light does so too.
  const int edges = (box.x == 0 ? 1 : 0) + (box.y == 0 ? 1 : 0) + (box.x + box.width == image.width ? 1 : 0) +
                    (box.y + box.height == image.height ? 1 : 0);
  if (edges >= 3) {
    doubts.emplace_back("what stands out reaches " + std::to_string(edges) + " of its edges");
  } else if (ground.share < kPlainBorder) {
    doubts.emplace_back("its ground is not plain");
  } else if (looks_framed(image, ground, box)) {
    doubts.emplace_back("it may be a picture in a frame");
  }
  if (garment.contrast < kFaint) doubts.emplace_back("it has little contrast");
  if (options.inversion == Inversion::kAuto && std::max(garment.darker, 1 - garment.darker) < kMostlyOne) {
    doubts.emplace_back("it is both darker and lighter than its ground");
  }
}

/// Looks again inside a frame, if there is one. What is found there counts where there is no doubt about it. Returns the
/// doubts about what counts.
std::vector<std::string> find(Scene& scene, Garment& garment, const PhotoOptions& options) {
  std::vector<std::string> doubts;
  const Box inside = scene.cut_out ? Box{0, 0, scene.image.width, scene.image.height} : inside_frame(scene.image);
  if (inside.width < scene.image.width || inside.height < scene.image.height) {
    const GrayImage image = cut(scene.image, inside);
    const Ground ground = find_ground(image);
    garment = find_garment(image, ground, differing(image, ground));
    add_doubts(image, ground, garment, options, doubts);
    garment.box.x += inside.x;
    garment.box.y += inside.y;
    scene.ground = ground;
    if (doubts.empty()) return doubts;
    doubts.clear();
    scene.ground = find_ground(scene.image);
  }
  garment = find_garment(scene.image, scene.ground, differing(scene.image, scene.ground));
  add_doubts(scene.image, scene.ground, garment, options, doubts);
  return doubts;
}

/// A box of the scene in its full size.
Box in_full(const Scene& scene, const Box& box) {
  const auto scaled = [](int at, int from, int to) { return static_cast<int>((int64_t{at} * to + from / 2) / from); };
  const int from_x = scene.image.width, from_y = scene.image.height, to_x = scene.full.width, to_y = scene.full.height;
  const int left = std::min(scaled(box.x, from_x, to_x), to_x - 1),
            top = std::min(scaled(box.y, from_y, to_y), to_y - 1);
  return {left, top, std::max(1, scaled(box.x + box.width, from_x, to_x) - left),
          std::max(1, scaled(box.y + box.height, from_y, to_y) - top)};
}

/// The ground, and what is as dark, becomes 0, 255 stays. A restless ground takes its deviation with it.
void blacken_ground(GrayImage& image, const Ground& ground, int level) {
  const int black = std::min(level + static_cast<int>(std::lround(ground.unrest)), kWhite - 1);
  for (uint8_t& pixel : image.pixels) {
    pixel = static_cast<uint8_t>(std::max(0, pixel - black) * kWhite / (kWhite - black));
  }
}

/// The brightest of what can be seen become nearly 255, as they are in every picture of Fashion-MNIST. A twentieth may be
/// brighter: outlines and glints. What is hardly there is not blown up.
void stretch(GrayImage& image) {
  constexpr int kHardlyThere = 32, kSeen = 16;
  constexpr double kDimmer = 0.95;  // the share that stays below
  constexpr int kBright = 230;
  std::vector<uint8_t> seen;
  std::copy_if(image.pixels.begin(), image.pixels.end(), std::back_inserter(seen), [](uint8_t v) { return v > kSeen; });
  if (seen.empty()) return;
  const auto place = seen.begin() + static_cast<ptrdiff_t>(kDimmer * static_cast<double>(seen.size() - 1));
  std::nth_element(seen.begin(), place, seen.end());
  if (*place < kHardlyThere) return;
  for (uint8_t& pixel : image.pixels) pixel = static_cast<uint8_t>(std::min(pixel * kBright / *place, kWhite));
}

/// Unsharp masking with a Gaussian of 3 by 3, since the pictures of Fashion-MNIST were sharpened when they were made small.
void sharpen(GrayImage& image) {
  constexpr int kOuter = 1, kMiddleWeight = 2, kAll = 4;
  const auto blurred = [&](int x, int y) {
    int sum = 0;
    for (int dy = -1; dy <= 1; ++dy) {
      for (int dx = -1; dx <= 1; ++dx) {
        const int row = std::clamp(y + dy, 0, image.height - 1), column = std::clamp(x + dx, 0, image.width - 1);
        const int weight = (dx == 0 ? kMiddleWeight : kOuter) * (dy == 0 ? kMiddleWeight : kOuter);
        sum += weight *
               image.pixels[static_cast<size_t>(row) * static_cast<size_t>(image.width) + static_cast<size_t>(column)];
      }
    }
    return static_cast<double>(sum) / (kAll * kAll);
  };
  std::vector<uint8_t> result;
  result.reserve(image.pixels.size());
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      const int value = image.pixels[result.size()];
      result.push_back(static_cast<uint8_t>(std::clamp(2 * value - blurred(x, y), 0.0, double{kWhite})));
    }
  }
  image.pixels = std::move(result);
}

/// As large as the frame allows.
GrayImage fitted(const GrayImage& image, const PhotoOptions& options) {
  const double scale =
      std::min(static_cast<double>(options.width) / image.width, static_cast<double>(options.height) / image.height);
  const auto scaled = [&](int length, int most) {
    return std::clamp(static_cast<int>(std::lround(length * scale)), 1, most);
  };
  return resize(image, scaled(image.width, options.width), scaled(image.height, options.height));
}

GrayImage centred(const GrayImage& image, const PhotoOptions& options, uint8_t ground) {
  const auto width = static_cast<size_t>(options.width), height = static_cast<size_t>(options.height);
  GrayImage frame{options.width, options.height, std::vector<uint8_t>(width * height, ground)};
  // An odd row or column goes to the left and the top, as in Fashion-MNIST.
  const int left = (options.width - image.width + 1) / 2, top = (options.height - image.height + 1) / 2;
  for (int y = 0; y < image.height; ++y) {
    const auto row = image.pixels.begin() + static_cast<ptrdiff_t>(y) * image.width;
    std::copy(row, row + image.width, frame.pixels.begin() + static_cast<ptrdiff_t>(top + y) * options.width + left);
  }
  return frame;
}

/// Any other picture: found, trimmed, inverted, made as large as the network's input, centred.
void fit(const Photo& photo, const PhotoOptions& options, PreparedPhoto& result) {
  Scene scene = scene_of(photo, result);
  Garment garment;
  for (std::string& doubt : find(scene, garment, options)) result.doubts.push_back(std::move(doubt));
  const Box whole{0, 0, photo.width, photo.height};
  const Box box = garment.empty() ? whole : in_full(scene, garment.box);
  const bool darker = garment.empty() ? scene.ground.level > kMiddle : garment.darker > 0.5;
  const bool inverted = options.inversion == Inversion::kAuto ? darker : options.inversion == Inversion::kYes;

  const std::string size = size_text(photo.width, photo.height);
  const bool trimmed = box.width < whole.width || box.height < whole.height;
  result.steps.push_back(trimmed ? "trimmed from " + size + " to " + size_text(box.width, box.height)
                                 : "fitted from " + size);
  GrayImage image = fitted(cut(scene.full, box), options);
  int ground = scene.ground.level;
  if (inverted) {
    image = invert(std::move(image));
    ground = kWhite - ground;
    result.steps.emplace_back("inverted");
  }
  if (inverted == darker) {
    blacken_ground(image, scene.ground, ground);
    ground = 0;
    sharpen(image);
    stretch(image);
  }
  result.image = centred(image, options, static_cast<uint8_t>(ground));
}

void check(const Photo& photo, const PhotoOptions& options) {
  const size_t pixels = static_cast<size_t>(std::max(photo.width, 0)) * static_cast<size_t>(std::max(photo.height, 0));
  if (pixels == 0 || photo.gray.size() != pixels || (!photo.alpha.empty() && photo.alpha.size() != pixels)) {
    throw Error(ErrorCode::kUsage, "a photo of " + size_text(photo.width, photo.height) + " does not have " +
                                       std::to_string(photo.gray.size()) + " pixels");
  }
  constexpr int kMostSide = 8192;
  if (options.width < 1 || options.height < 1 || options.width > kMostSide || options.height > kMostSide) {
    throw Error(ErrorCode::kUsage, "a photo is prepared for 1 to 8192 pixels a side");
  }
}

}  // namespace

PreparedPhoto prepare(const Photo& photo, const PhotoOptions& options) {
  check(photo, options);
  PreparedPhoto result;
  if (photo.orientation != 1) result.steps.emplace_back("turned upright");
  if (photo.colored) result.steps.emplace_back("made grey");
  if (photo.alpha.empty() && photo.width == options.width && photo.height == options.height) {
    keep(photo, options.inversion, result);
  } else {
    fit(photo, options, result);
  }
  return result;
}

}  // namespace sateen
