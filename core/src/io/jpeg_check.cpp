// JPEG: what stb_image does not check or read. It fills up cut files with grey, and knows no EXIF.
#include <algorithm>
#include <optional>
#include <string>

#include "io/exif.hpp"
#include "io/picture.hpp"
#include "sateen/error.hpp"

namespace sateen {

namespace {

constexpr uint8_t kStartOfFrame0 = 0xC0, kStartOfFrame2 = 0xC2, kHuffmanTables = 0xC4, kJpegExtension = 0xC8,
                  kArithmeticTables = 0xCC, kStartOfFrame15 = 0xCF, kRestart0 = 0xD0, kRestart7 = 0xD7, kEnd = 0xD9,
                  kScan = 0xDA, kApplication1 = 0xE1, kStandalone = 0x01;
constexpr uint64_t kMaxScans = 100;
constexpr uint64_t kMaxScannedPixels = uint64_t{1} << 30;

[[noreturn]] void bad(const char* what) {
  throw Error(ErrorCode::kBadInput, what);
}

[[noreturn]] void bad_end() {
  bad("is a JPEG that is cut short");
}

/// The orientation in an APP1 segment, if that holds EXIF.
int exif_in(Bytes segment) {
  constexpr std::string_view kExif("Exif\0\0", 6);
  if (segment.size() < kExif.size() || !std::equal(kExif.begin(), kExif.end(), segment.begin())) return 1;
  return exif_orientation(segment.subspan(kExif.size()));
}

/// Each table's codes must fit their lengths; stb_image 2.27 has room for 256.
void check_huffman_tables(Bytes segment) {
  constexpr size_t kLengths = 16, kMaxCodes = 256;
  while (!segment.empty()) {
    if (segment.size() < 1 + kLengths) bad("is a damaged JPEG: a Huffman table is cut");
    size_t codes = 0;
    for (size_t i = 1; i <= kLengths; ++i) codes += segment[i];
    if (codes > kMaxCodes || segment.size() < 1 + kLengths + codes) bad("is a damaged JPEG: a Huffman table is wrong");
    segment = segment.subspan(1 + kLengths + codes);
  }
}

struct Frame {
  uint64_t width = 0, height = 0;
};

Frame read_frame(uint8_t marker, Bytes segment) {
  if (marker > kStartOfFrame2) bad("is an arithmetic or lossless JPEG, which is not supported: save it as a plain one");
  constexpr size_t kFixed = 6;
  constexpr uint8_t kEightBits = 8, kComponentsCmyk = 4;
  if (segment.size() < kFixed) bad("is a damaged JPEG: its frame is cut");
  if (segment[0] != kEightBits) bad("is a JPEG of more than 8 bits, which is not supported: save it as a plain one");
  if (segment[5] == kComponentsCmyk) bad("is a CMYK JPEG, which is not supported: convert it to RGB");
  const Frame frame{load_be<uint16_t>(segment, 3), load_be<uint16_t>(segment, 1)};
  check_extent(frame.width, frame.height, segment[5]);
  return frame;
}

/// Where the entropy-coded data that begins at `at` ends: at the next marker.
size_t skip_scan(Bytes file, size_t at) {
  while (true) {
    at = static_cast<size_t>(std::find(file.begin() + static_cast<ptrdiff_t>(at), file.end(), 0xFF) - file.begin());
    if (file.size() - at < 2) bad_end();
    const uint8_t next = file[at + 1];
    const bool data = next == 0 || (next >= kRestart0 && next <= kRestart7);
    if (!data && next != 0xFF) return at;
    at += data ? 2 : 1;
  }
}

}  // namespace

int check_jpeg(Bytes file) {
  std::optional<Frame> frame;
  uint64_t scans = 0;
  int orientation = 1;
  for (size_t at = 2;;) {
    // Some writers pad between segments.
    while (at < file.size() && file[at] != 0xFF) ++at;
    while (at < file.size() && file[at] == 0xFF) ++at;
    if (at >= file.size()) bad_end();
    const uint8_t marker = file[at++];
    if (marker == kEnd) {
      if (scans == 0) bad("is a JPEG without a picture in it");
      return orientation;
    }
    if (marker == 0 || marker == kStandalone || (marker >= kRestart0 && marker <= kRestart7)) continue;
    if (file.size() - at < 2) bad_end();
    const size_t length = load_be<uint16_t>(file, at);
    if (length < 2) bad("is a damaged JPEG: a segment has no length");
    if (length > file.size() - at) bad_end();
    const Bytes segment = file.subspan(at + 2, length - 2);
    at += length;
    if (marker == kHuffmanTables) check_huffman_tables(segment);
    if (marker == kApplication1 && orientation == 1) orientation = exif_in(segment);
    if (marker >= kStartOfFrame0 && marker <= kStartOfFrame15 && marker != kHuffmanTables && marker != kJpegExtension &&
        marker != kArithmeticTables) {
      if (frame) bad("is a JPEG with two frames, which is not supported");
      frame = read_frame(marker, segment);
    }
    if (marker == kScan) {
      if (!frame) bad("is a damaged JPEG: pixels come before its size");
      ++scans;
      if (scans > kMaxScans || scans * frame->width * frame->height > kMaxScannedPixels) {
        bad("is a JPEG with too many scans; save it as a plain one");
      }
      at = skip_scan(file, at);
    }
  }
}

}  // namespace sateen
