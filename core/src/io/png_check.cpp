// PNG: what stb_image does not check. It ignores checksums, and inflates whatever the file holds.
#include <array>
#include <memory>
#include <new>
#include <string_view>
#include <vector>

#include <zlib.h>

#include "io/exif.hpp"
#include "io/picture.hpp"
#include "sateen/error.hpp"

namespace sateen {

namespace {

constexpr size_t kSignature = 8, kAroundChunk = 12, kHeaderChunk = 13;
constexpr unsigned kPalette = 3;  // colour type

[[noreturn]] void bad(const char* what) {
  throw Error(ErrorCode::kBadInput, what);
}

struct EndInflate {
  void operator()(z_stream* stream) const { inflateEnd(stream); }
};

/// Inflates the pixel data without keeping it, and stops when it is more than it may be.
class PixelCounter {
 public:
  explicit PixelCounter(uint64_t most) : left_(most) {
    if (inflateInit(&stream_) != Z_OK) throw std::bad_alloc();
    inflating_.reset(&stream_);
  }

  void feed(Bytes data) {
    // next_in is not written through; zlib's field is not const.
    stream_.next_in = const_cast<Bytef*>(data.data());
    stream_.avail_in = static_cast<uInt>(data.size());
    while (!ended_ && stream_.avail_in != 0) {
      stream_.next_out = scratch_.data();
      stream_.avail_out = static_cast<uInt>(scratch_.size());
      const int result = inflate(&stream_, Z_NO_FLUSH);
      if (result == Z_MEM_ERROR) throw std::bad_alloc();
      if (result != Z_OK && result != Z_STREAM_END) bad("is a damaged PNG: its pixel data is wrong");
      const uint64_t count = scratch_.size() - stream_.avail_out;
      if (count > left_) bad("is a PNG with more pixel data than its size has pixels");
      left_ -= count;
      ended_ = result == Z_STREAM_END;
    }
  }

  bool ended() const { return ended_; }

 private:
  uint64_t left_;
  bool ended_ = false;
  std::array<uint8_t, 65536> scratch_{};
  z_stream stream_{};
  std::unique_ptr<z_stream, EndInflate> inflating_;
};

unsigned samples_per_pixel(uint8_t color_type) {
  switch (color_type) {
    case 0:
    case 3:
      return 1;
    case 4:
      return 2;
    case 2:
      return 3;
    case 6:
      return 4;
    default:
      bad("is a damaged PNG: it has no such colour type");
  }
}

/// How many bytes the pixels take before compression, at most: interlacing adds filter bytes and rounded rows.
uint64_t most_pixel_bytes(Bytes header) {
  const auto width = load_be<uint32_t>(header, 0), height = load_be<uint32_t>(header, 4);
  const unsigned depth = header[8], color_type = header[9], samples = samples_per_pixel(header[9]);
  constexpr unsigned kMaxDepth = 16;
  if (depth > kMaxDepth) bad("is a damaged PNG: it has no such depth");
  // A palette, or one colour that counts as transparent, becomes alpha.
  const unsigned decoded = color_type == kPalette ? 4 : samples + samples % 2;
  check_extent(width, height, uint64_t{decoded} * (depth == kMaxDepth ? 2 : 1));
  const uint64_t bits = uint64_t{width} * height * depth * samples;
  return bits / 8 + 5 * uint64_t{height} + 64;
}

struct Chunk {
  std::string_view type;
  Bytes data;
  size_t end;  ///< where the next one begins
};

/// The chunk at a place, whole, with its checksum checked where it matters.
Chunk chunk_at(Bytes file, size_t at) {
  if (file.size() - at < kAroundChunk) bad("is a PNG that is cut short");
  const uint32_t length = load_be<uint32_t>(file, at);
  if (length > file.size() - at - kAroundChunk) bad("is a PNG that is cut short");
  const Bytes typed = file.subspan(at + 4, 4 + size_t{length});
  const bool critical = (typed[0] & 0x20) == 0;
  if (critical && crc32(0, typed.data(), static_cast<uInt>(typed.size())) != load_be<uint32_t>(file, at + 8 + length)) {
    bad("is a damaged PNG: a checksum is wrong");
  }
  return {{reinterpret_cast<const char*>(typed.data()), 4}, typed.subspan(4), at + kAroundChunk + length};
}

}  // namespace

int check_png(Bytes file) {
  std::unique_ptr<PixelCounter> counter;
  int orientation = 1;
  for (size_t at = kSignature;;) {
    const Chunk chunk = chunk_at(file, at);
    if (chunk.type == "CgBI") bad("is an Xcode PNG, which is not supported: save it as a plain PNG");
    if (!counter) {
      if (chunk.type != "IHDR" || chunk.data.size() != kHeaderChunk) {
        bad("is a damaged PNG: it does not begin with its header");
      }
      counter = std::make_unique<PixelCounter>(most_pixel_bytes(chunk.data));
    } else if (chunk.type == "IDAT") {
      counter->feed(chunk.data);
    } else if (chunk.type == "eXIf") {
      orientation = exif_orientation(chunk.data);
    } else if (chunk.type == "IEND") {
      if (!counter->ended()) bad("is a PNG whose pixel data is cut short");
      return orientation;
    }
    at = chunk.end;
  }
}

std::vector<uint8_t> png_for_decoder(Bytes file) {
  constexpr size_t kWhole = 3 * 256;
  const bool has_palette = chunk_at(file, kSignature).data[9] == kPalette;
  std::vector<uint8_t> copy;
  size_t done = 0;  // how much of the file is in the copy, as it was or otherwise
  const auto copy_up_to = [&](size_t end) {
    copy.insert(copy.end(), file.begin() + static_cast<ptrdiff_t>(done), file.begin() + static_cast<ptrdiff_t>(end));
    done = end;
  };
  bool before_pixels = true;
  for (size_t at = kSignature;;) {
    const Chunk chunk = chunk_at(file, at);
    if (chunk.type == "IEND") break;
    if (chunk.type == "IDAT" && chunk.data.empty()) {
      copy_up_to(at);
      done = chunk.end;
    } else if (chunk.type == "IDAT") {
      before_pixels = false;
    } else if (chunk.type == "PLTE" && has_palette && before_pixels && chunk.data.size() < kWhole &&
               chunk.data.size() % 3 == 0) {
      copy_up_to(at);
      copy.insert(copy.end(), {0, 0, kWhole >> 8, kWhole & 0xFF, 'P', 'L', 'T', 'E'});
      copy.insert(copy.end(), chunk.data.begin(), chunk.data.end());
      copy.resize(copy.size() + kWhole - chunk.data.size() + 4);  // and a checksum that nobody looks at again
      done = chunk.end;
    }
    at = chunk.end;
  }
  if (done != 0) copy_up_to(file.size());
  return copy;
}

}  // namespace sateen
