// What is known of a picture before it is decoded, and the checks that stb_image does not make.
#pragma once

#include <cstdint>
#include <vector>

#include "io/bytes.hpp"
#include "sateen/photo.hpp"

namespace sateen {

constexpr int kMaxPictureSide = 8192;
/// Decoded samples of one picture. Decoders take up to four times this in all.
constexpr uint64_t kMaxPictureBytes = uint64_t{256} << 20;

/// Throws Error(kBadInput) when the picture is empty or too large.
void check_extent(uint64_t width, uint64_t height, uint64_t bytes_per_pixel);

/// The checks throw Error(kBadInput).
/// Chunks whole and with right checksums, no more pixel data than the header announces. Returns the EXIF orientation.
int check_png(Bytes file);
/// A copy that stb_image 2.27 can be given, or nothing where the file needs none. Its palette has all 256 entries, the
/// missing ones black: colours that a file refers to and does not define would be taken from uninitialised memory. Pixel
/// data in no bytes is left out: it would be copied to where no memory was taken yet. For files that passed check_png.
std::vector<uint8_t> png_for_decoder(Bytes file);
/// All pixel rows are there.
void check_bmp(Bytes file);
/// The same for a BMP that passed check_bmp: a copy with a whole palette, or nothing.
std::vector<uint8_t> bmp_for_decoder(Bytes file);
/// Whole up to its end marker, of a kind that is decoded, not made to keep the decoder busy. Returns the EXIF
/// orientation.
int check_jpeg(Bytes file);

/// Binary PGM or PPM (P5, P6), decoded.
Photo decode_pnm(Bytes file);

/// A whole file of any kind that is read: load_photo and load_image without the file, for those and the fuzzer. Throw Error(kBadInput).
Photo decode_photo(Bytes file);
GrayImage decode_picture(Bytes file);

/// Luma by Rec. 601, exact for grey.
inline uint8_t luma(unsigned r, unsigned g, unsigned b) {
  return static_cast<uint8_t>((299 * r + 587 * g + 114 * b + 500) / 1000);
}

/// What is seen of a value through which a ground shines: alpha 0 leaves the ground, 255 the value.
inline uint8_t laid_on(unsigned ground, unsigned value, unsigned alpha) {
  return static_cast<uint8_t>((value * alpha + ground * (255 - alpha) + 127) / 255);
}

}  // namespace sateen
