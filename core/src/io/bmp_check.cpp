// BMP: what stb_image does not check. It takes black for rows that are missing, and anything for colours that are.
#include <cstdlib>
#include <span>
#include <vector>

#include "io/picture.hpp"
#include "sateen/error.hpp"

namespace sateen {

namespace {

constexpr size_t kFileHeader = 14, kOldHeader = 12, kInfoHeader = 40, kPixelsAt = 10, kBitsAt = 28;
constexpr unsigned kPaletteBits = 8;  // and fewer

}  // namespace

void check_bmp(Bytes file) {
  const auto bad = [](const char* what) { throw Error(ErrorCode::kBadInput, what); };
  if (file.size() < kFileHeader + kOldHeader) bad("is a BMP that is cut short");
  const uint64_t pixels_at = load_le<uint32_t>(file, kPixelsAt);
  const uint64_t header = load_le<uint32_t>(file, kFileHeader);
  if (header != kOldHeader && header < kInfoHeader) bad("is a BMP of an unknown kind");
  if (file.size() < kFileHeader + header) bad("is a BMP that is cut short");
  const bool old = header == kOldHeader;
  const uint64_t width = old ? load_le<uint16_t>(file, 18) : load_le<uint32_t>(file, 18);
  // A negative height means rows from the top.
  const auto signed_height = static_cast<int32_t>(load_le<uint32_t>(file, 22));
  const uint64_t height =
      old ? load_le<uint16_t>(file, 20) : static_cast<uint64_t>(std::abs(static_cast<int64_t>(signed_height)));
  const uint64_t bits = load_le<uint16_t>(file, old ? 24 : kBitsAt);
  const uint32_t compression = old ? 0 : load_le<uint32_t>(file, 30);
  constexpr uint64_t kMostBits = 32, kDecodedBytes = 4;
  constexpr uint32_t kNone = 0, kBitFields = 3;
  if (compression != kNone && compression != kBitFields) {
    bad("is a compressed BMP, which is not supported: convert it to PNG");
  }
  if (bits == 0 || bits > kMostBits) bad("is a damaged BMP: it has no such depth");
  // stb_image 2.27 counts its colours wrong.
  if (old && bits <= kPaletteBits)
    bad("is a BMP of OS/2's kind with a palette, which is not supported: convert it to PNG");
  check_extent(width, height, kDecodedBytes);
  const uint64_t row = (width * bits + 31) / 32 * 4;
  if (pixels_at < kFileHeader + header || file.size() < pixels_at || file.size() - pixels_at < row * height) {
    bad("is a BMP that is cut short");
  }
}

std::vector<uint8_t> bmp_for_decoder(Bytes file) {
  constexpr uint64_t kWhole = 4 * 256;
  const uint64_t header = load_le<uint32_t>(file, kFileHeader), palette_at = kFileHeader + header;
  const uint64_t pixels_at = load_le<uint32_t>(file, kPixelsAt);
  if (header == kOldHeader || load_le<uint16_t>(file, kBitsAt) > kPaletteBits) return {};
  if (pixels_at == palette_at || pixels_at - palette_at >= kWhole) return {};  // none: the decoder refuses that
  std::vector<uint8_t> whole(file.begin(), file.begin() + static_cast<ptrdiff_t>(pixels_at));
  whole.resize(palette_at + kWhole);
  store_le(std::span(whole), kPixelsAt, static_cast<uint32_t>(whole.size()));
  whole.insert(whole.end(), file.begin() + static_cast<ptrdiff_t>(pixels_at), file.end());
  return whole;
}

}  // namespace sateen
