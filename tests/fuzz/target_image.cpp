// Pictures of every kind: what they look like, their checks, their decoders, and the way to the network's size.
#include "io/picture.hpp"
#include "png_bytes.hpp"
#include "sateen/error.hpp"
#include "sateen/photo.hpp"
#include "target.hpp"

namespace sateen::fuzz {

namespace {

constexpr int kSide = 28;

/// A huge picture takes a hundred times as long as a small one and shows the same; most of them are made smaller.
void shrink(Input& file, uint32_t choice) {
  constexpr uint32_t kKeptHuge = 32;
  constexpr size_t kPngExtent = 16, kPngHeader = 24, kBmpExtent = 18, kBmpHeader = 30;
  if (choice % kKeptHuge == 0) return;
  if (is_png(file) && file.size() > kPngHeader) {
    for (size_t i = 0; i < 2; ++i) file[kPngExtent + i] = file[kPngExtent + 4 + i] = 0;
    file[kPngExtent + 2] &= 1U;
    file[kPngExtent + 6] &= 1U;
  }
  if (file.size() > kBmpHeader && file[0] == 'B' && file[1] == 'M') {
    for (const size_t at : {kBmpExtent, kBmpExtent + 4}) file[at + 1] &= 1U;
  }
  for (size_t i = 0; i + 8 < file.size(); ++i) {  // a JPEG's frame: FF Cn, length, depth, height, width
    if (file[i] != 0xFF || file[i + 1] < 0xC0 || file[i + 1] > 0xC2) continue;
    file[i + 5] &= 1U;
    file[i + 7] &= 1U;
  }
}

}  // namespace

Outcome try_input(Bytes input) {
  try {
    const GrayImage image = decode_picture(input);
    require(image.width >= 1 && image.width <= kMaxPictureSide && image.height >= 1 && image.height <= kMaxPictureSide,
            "a picture of a size that is allowed");
    require(image.pixels.size() == static_cast<size_t>(image.width) * static_cast<size_t>(image.height),
            "as many pixels as the size has");
    require(prepare(decode_photo(input)).image.pixels.size() == size_t{kSide} * kSide, "the network's size");
    return Outcome::kAccepted;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kBadInput) throw;
    return is_png(input) && !png_has_right_checksums(input) ? Outcome::kRefused : Outcome::kPassed;
  }
}

void mutate(Input& input, size_t most, uint32_t choice, const Change& change) {
  if (is_png(input)) {
    mutate_png(input, most, choice, change);
    shrink(input, choice / 16);
    constexpr uint32_t kNothing = 0;  // shrinking spoils a checksum, which is put right
    if (is_png(input)) mutate_png(input, most, kNothing, [](Input&, size_t) {});
  } else {
    change(input, most);
    shrink(input, choice);
  }
}

}  // namespace sateen::fuzz
