// Pictures from files and to PNG.
#include "sateen/image.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "io/file_error.hpp"
#include "io/input_file.hpp"
#include "io/picture.hpp"
#include "io/safe_file.hpp"
#include "io/sniff.hpp"
#include "io/stb.hpp"

namespace sateen {

namespace {

constexpr uint64_t kMaxFileBytes = uint64_t{64} << 20;

[[noreturn]] void bad(const std::string& what) {
  throw Error(ErrorCode::kBadInput, what);
}

/// Where nothing is transparent, no alpha is kept.
void drop_opaque(std::vector<uint8_t>& alpha) {
  if (std::all_of(alpha.begin(), alpha.end(), [](uint8_t a) { return a == 255; })) alpha = {};
}

Photo to_photo(const StbImage& image) {
  const size_t pixels = static_cast<size_t>(image.width) * static_cast<size_t>(image.height);
  const auto channels = static_cast<size_t>(image.channels);
  const bool color = channels >= 3, alpha = channels % 2 == 0;
  Photo photo{image.width, image.height, std::vector<uint8_t>(pixels), std::vector<uint8_t>(alpha ? pixels : 0)};
  for (size_t i = 0; i < pixels; ++i) {
    const uint8_t* pixel = image.samples.get() + i * channels;
    photo.gray[i] = color ? luma(pixel[0], pixel[1], pixel[2]) : pixel[0];
    if (color) photo.colored |= pixel[0] != pixel[1] || pixel[1] != pixel[2];
    if (alpha) photo.alpha[i] = pixel[channels - 1];
  }
  drop_opaque(photo.alpha);
  return photo;
}

/// Turns a plane of pixels upright by an EXIF orientation: 2 is mirrored, 3 upside down, 4 mirrored and upside down; 5 to
/// 8 have rows and columns exchanged besides.
void turn_upright(std::vector<uint8_t>& pixels, int width, int height, int orientation) {
  if (orientation == 1 || pixels.empty()) return;
  const bool exchanged = orientation >= 5;
  const bool flip_x = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool flip_y = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  std::vector<uint8_t> turned(pixels.size());
  size_t i = 0;
  for (int y = 0; y < (exchanged ? width : height); ++y) {
    for (int x = 0; x < (exchanged ? height : width); ++x) {
      int src_x = exchanged ? y : x, src_y = exchanged ? x : y;
      if (flip_x) src_x = width - 1 - src_x;
      if (flip_y) src_y = height - 1 - src_y;
      turned[i++] = pixels[static_cast<size_t>(src_y) * static_cast<size_t>(width) + static_cast<size_t>(src_x)];
    }
  }
  pixels = std::move(turned);
}

Photo upright(Photo photo, int orientation) {
  photo.orientation = orientation;
  turn_upright(photo.gray, photo.width, photo.height, orientation);
  turn_upright(photo.alpha, photo.width, photo.height, orientation);
  if (orientation >= 5) std::swap(photo.width, photo.height);
  return photo;
}

GrayImage on_black(Photo photo) {
  for (size_t i = 0; i < photo.alpha.size(); ++i) photo.gray[i] = laid_on(0, photo.gray[i], photo.alpha[i]);
  return {photo.width, photo.height, std::move(photo.gray)};
}

/// Refuses what is no PNG, JPEG, BMP or PNM, and says what it is.
[[noreturn]] void refuse(std::string_view format) {
  if (is_picture_format(format)) bad(std::string(format) + " is not supported: convert it to PNG or JPEG");
  bad("is not a PNG, JPEG, BMP or PNM" + (format.empty() ? "" : "; it looks like " + std::string(format)));
}

void check_size(int width, int height, size_t pixels) {
  if (width < 1 || height < 1 || static_cast<size_t>(width) * static_cast<size_t>(height) != pixels) {
    throw Error(ErrorCode::kUsage, "a picture of " + std::to_string(width) + "x" + std::to_string(height) +
                                       " does not have " + std::to_string(pixels) + " pixels");
  }
  if (width > kMaxPictureSide || height > kMaxPictureSide) {
    throw Error(ErrorCode::kUsage, "a picture has at most 8192 pixels a side");
  }
}

}  // namespace

void check_extent(uint64_t width, uint64_t height, uint64_t bytes_per_pixel) {
  if (width == 0 || height == 0) bad("is a picture without pixels");
  const std::string size = std::to_string(width) + "x" + std::to_string(height);
  if (width > kMaxPictureSide || height > kMaxPictureSide) {
    bad("is a picture of " + size + ", but 8192 pixels a side are the most: make it smaller");
  }
  if (width * height * bytes_per_pixel > kMaxPictureBytes) {
    bad("is a picture of " + size + " that takes more than 256 MiB: make it smaller");
  }
}

Photo decode_photo(Bytes file) {
  if (file.empty()) bad("is empty");
  const std::string_view format = known_format(file);
  int orientation = 1;
  std::vector<uint8_t> copy;
  if (format == "PGM" || format == "PPM") return decode_pnm(file);
  if (format == "PNG") {
    orientation = check_png(file);
    copy = png_for_decoder(file);
  } else if (format == "JPEG") {
    orientation = check_jpeg(file);
  } else if (format == "BMP") {
    check_bmp(file);
    copy = bmp_for_decoder(file);
  } else {
    refuse(format);
  }
  if (!copy.empty()) file = copy;
  // What the decoder itself takes the picture for.
  const StbInfo info = stb_info(file);
  check_extent(static_cast<uint64_t>(info.width), static_cast<uint64_t>(info.height),
               static_cast<uint64_t>(info.channels) * static_cast<uint64_t>(info.bytes_per_sample));
  return upright(to_photo(stb_decode(file)), orientation);
}

GrayImage decode_picture(Bytes file) {
  return on_black(decode_photo(file));
}

Photo load_photo(const std::filesystem::path& path) {
  const std::vector<uint8_t> file = read_file(path, kMaxFileBytes, "picture");
  return naming_file(path, [&] { return decode_photo(file); });
}

GrayImage load_image(const std::filesystem::path& path) {
  return on_black(load_photo(path));
}

GrayImage resize(const GrayImage& image, int width, int height) {
  check_size(image.width, image.height, image.pixels.size());
  check_size(width, height, static_cast<size_t>(width) * static_cast<size_t>(height));
  if (width == image.width && height == image.height) return image;
  return {width, height, stb_resize(image.pixels, image.width, image.height, width, height)};
}

GrayImage invert(GrayImage image) {
  for (uint8_t& pixel : image.pixels) pixel = static_cast<uint8_t>(255 - pixel);
  return image;
}

std::vector<uint8_t> encode_png(const GrayImage& image) {
  check_size(image.width, image.height, image.pixels.size());
  return stb_encode_png(image.pixels, image.width, image.height);
}

void write_png(const std::filesystem::path& path, int width, int height, std::span<const uint8_t> gray) {
  const std::vector<uint8_t> png = naming_file(path, [&] {
    check_size(width, height, gray.size());
    return stb_encode_png(gray, width, height);
  });
  const Bytes chunks[] = {png};
  write_file_safely(path, chunks);
}

}  // namespace sateen
