// Pictures for the target that reads them: a small one of each kind.
#include <algorithm>
#include <string_view>

#include "picture_forge.hpp"
#include "target.hpp"

namespace sateen::fuzz {

namespace {

Input text(const char* words) {
  const std::string_view view = words;
  return {view.begin(), view.end()};
}

Input with_samples(const char* header, size_t samples) {
  Input file = text(header);
  file.resize(file.size() + samples, 100);
  return file;
}

/// From a camera held otherwise: an EXIF block in a PNG.
Input png_exif() {
  const Picture segment = exif(6);
  constexpr size_t kBeforeTiff = 10;
  return png_chunk("eXIf", Picture(segment.begin() + kBeforeTiff, segment.end()));
}

/// Where a JPEG has this segment.
ptrdiff_t segment_at(const Input& file, uint8_t marker) {
  const Input begin = {0xFF, marker};
  return std::search(file.begin(), file.end(), begin.begin(), begin.end()) - file.begin();
}

/// Three components, of which the first has four times the pixels.
Input color_jpeg() {
  const Input gray = jpeg(8, 8, {100});
  const auto frame = segment_at(gray, 0xC0), tables = segment_at(gray, 0xC4), scan = segment_at(gray, 0xDA);
  Input file(gray.begin(), gray.begin() + frame);
  append(file, jpeg_segment(0xC0, {8, 0, 16, 0, 16, 3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0}));
  append(file, Input(gray.begin() + tables, gray.begin() + scan));
  append(file, jpeg_segment(0xDA, {3, 1, 0x00, 2, 0x00, 3, 0x00, 0, 63, 0}));
  append(file, {0, 0, 0, 0, 0, 0, 0xFF, 0xD9});
  return file;
}

/// The same tables and pixels behind another frame, FF C2, and as a scan of DC alone.
Input progressive_jpeg() {
  Input file = jpeg(16, 8, {100, 200});
  constexpr ptrdiff_t kLastCoefficient = 8;
  file.at(static_cast<size_t>(segment_at(file, 0xDA) + kLastCoefficient)) = 0;
  file.at(static_cast<size_t>(segment_at(file, 0xC0) + 1)) = 0xC2;
  return file;
}

}  // namespace

std::vector<Input> seeds() {
  const Input gray_row = {0, 10, 20, 30, 0, 40, 50, 60};
  return {
      png(3, 2, 8, 0, gray_row),
      png(1, 1, 8, 2, {0, 1, 2, 3}),
      png(1, 1, 8, 6, {0, 1, 2, 3, 128}),
      png(1, 1, 16, 0, {0, 1, 2}),
      png(8, 2, 1, 0, {0, 0xA5, 0, 0x5A}),
      png(2, 1, 2, 3, {0, 0x40}, png_chunk("PLTE", {1, 2, 3, 200, 100, 50})),
      png(2, 1, 8, 3, {0, 0, 1},
          [] {
            Picture extra = png_chunk("PLTE", {1, 2, 3, 200, 100, 50});
            append(extra, png_chunk("tRNS", {0, 128}));
            return extra;
          }()),
      png(3, 2, 8, 0, gray_row, png_exif()),
      bmp(2, 2, 24, {1, 2, 3, 4, 5, 6, 0, 0, 7, 8, 9, 10, 11, 12, 0, 0}),
      bmp(2, -1, 8, {0, 1, 0, 0}, {1, 2, 3, 0, 4, 5, 6, 0}),
      bmp(1, 1, 32, {1, 2, 3, 4}),
      bmp(8, 1, 1, {0xA5, 0, 0, 0}, {0, 0, 0, 0, 255, 255, 255, 0}),
      jpeg(8, 8, {100}),
      jpeg(16, 8, {0, 255}, exif(6)),
      jpeg(8, 16, {128, 64}, exif(3, false)),
      color_jpeg(),
      progressive_jpeg(),
      with_samples("P5 3 2 255\n", 6),
      with_samples("P6\n# colours\n1 2\n255\n", 6),
      with_samples("P5 2 1 30000\n", 4),
      text("RIFF....WEBPVP8 "),
      text("<svg xmlns=\"\">"),
  };
}

}  // namespace sateen::fuzz
