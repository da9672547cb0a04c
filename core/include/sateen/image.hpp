// Pictures from files, made into what the network was trained on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "sateen/export.hpp"

namespace SATEEN_PUBLIC sateen {

/// Grey, one byte a pixel, rows from the top.
struct GrayImage {
  int width = 0;                ///< pixels, 1 to 8192
  int height = 0;               ///< likewise
  std::vector<uint8_t> pixels;  ///< width · height, 0 is black
};

/// Reads a PNG, JPEG, BMP or PNM of at most 64 MiB and 8192 pixels a side, for programs that make the network's input of
/// it themselves; load_photo and prepare (photo.hpp) do so for photos. Colour becomes grey, transparency is laid on
/// black, 16 bits become 8. Throws Error(kBadInput) naming the file and the reason, before anything large is decoded.
GrayImage load_image(const std::filesystem::path& path);

/// The same picture at another size, 1 to 8192 pixels a side (area-filtered when it shrinks). A picture of that size
/// passes unchanged. Throws Error(kUsage) for other sizes, and for an image whose pixels are not width · height.
GrayImage resize(const GrayImage& image, int width, int height);

/// Every pixel becomes 255 − its value.
GrayImage invert(GrayImage image);

/// The bytes of a PNG file, grey with 8 bits. Throws Error(kUsage) for an image as resize does.
std::vector<uint8_t> encode_png(const GrayImage& image);

/// Writes a PNG, whole or not at all, and brings it to the disk. gray: width · height pixels, rows from the top;
/// otherwise Error(kUsage). Throws Error(kOutput) and leaves what was there.
void write_png(const std::filesystem::path& path, int width, int height, std::span<const uint8_t> gray);

}  // namespace sateen
