// EXIF: how the camera was held.
#include "io/exif.hpp"

#include <algorithm>

namespace sateen {

int exif_orientation(Bytes tiff) {
  constexpr uint16_t kOrientation = 0x0112, kShort = 3;
  constexpr size_t kEntry = 12;
  if (tiff.size() < 8) return 1;
  const bool little = tiff[0] == 'I';
  const auto u16 = [&](size_t at) { return little ? load_le<uint16_t>(tiff, at) : load_be<uint16_t>(tiff, at); };
  const auto u32 = [&](size_t at) { return little ? load_le<uint32_t>(tiff, at) : load_be<uint32_t>(tiff, at); };
  if (tiff[0] != tiff[1] || (!little && tiff[0] != 'M') || u16(2) != 42) return 1;
  const size_t directory = u32(4);
  if (directory > tiff.size() - 2) return 1;
  const size_t entries = std::min<size_t>(u16(directory), (tiff.size() - directory - 2) / kEntry);
  for (size_t i = 0; i < entries; ++i) {
    const size_t at = directory + 2 + i * kEntry;
    if (u16(at) != kOrientation || u16(at + 2) != kShort) continue;
    const int orientation = u16(at + 8);
    return orientation >= 1 && orientation <= 8 ? orientation : 1;
  }
  return 1;
}

}  // namespace sateen
