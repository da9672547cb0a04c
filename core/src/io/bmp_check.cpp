// BMP: what stb_image does not check. It takes black for rows that are missing.
#include <cstdlib>

#include "io/picture.hpp"
#include "sateen/error.hpp"

namespace sateen {

void check_bmp(Bytes file) {
  constexpr size_t kFileHeader = 14, kOldHeader = 12, kInfoHeader = 40;
  const auto bad = [](const char* what) { throw Error(ErrorCode::kBadInput, what); };
  if (file.size() < kFileHeader + kOldHeader) bad("is a BMP that is cut short");
  const uint64_t pixels_at = load_le<uint32_t>(file, 10);
  const uint64_t header = load_le<uint32_t>(file, kFileHeader);
  if (header != kOldHeader && header < kInfoHeader) bad("is a BMP of an unknown kind");
  if (file.size() < kFileHeader + header) bad("is a BMP that is cut short");
  const bool old = header == kOldHeader;
  const uint64_t width = old ? load_le<uint16_t>(file, 18) : load_le<uint32_t>(file, 18);
  // A negative height means rows from the top.
  const auto signed_height = static_cast<int32_t>(load_le<uint32_t>(file, 22));
  const uint64_t height =
      old ? load_le<uint16_t>(file, 20) : static_cast<uint64_t>(std::abs(static_cast<int64_t>(signed_height)));
  const uint64_t bits = load_le<uint16_t>(file, old ? 24 : 28);
  const uint32_t compression = old ? 0 : load_le<uint32_t>(file, 30);
  constexpr uint64_t kMostBits = 32, kDecodedBytes = 4;
  constexpr uint32_t kNone = 0, kBitFields = 3;
  if (compression != kNone && compression != kBitFields) {
    bad("is a compressed BMP, which is not supported: convert it to PNG");
  }
  if (bits == 0 || bits > kMostBits) bad("is a damaged BMP: it has no such depth");
  check_extent(width, height, kDecodedBytes);
  const uint64_t row = (width * bits + 31) / 32 * 4;
  if (pixels_at < kFileHeader + header || file.size() < pixels_at || file.size() - pixels_at < row * height) {
    bad("is a BMP that is cut short");
  }
}

}  // namespace sateen
