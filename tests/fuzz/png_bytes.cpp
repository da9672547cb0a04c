// PNG files taken apart and put together.
#include "png_bytes.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <zlib.h>

namespace sateen::fuzz {

namespace {

constexpr size_t kSignature = 8, kAround = 12, kMostUnpacked = 4096;
constexpr std::string_view kMagic = "\x89PNG\r\n\x1a\n";

struct Chunk {
  std::string type;
  Input data;
};

/// The chunks; the last one is cut to what is there.
std::vector<Chunk> take_apart(Bytes file) {
  std::vector<Chunk> chunks;
  for (size_t at = kSignature; file.size() - at >= kAround;) {
    const size_t length = std::min<size_t>(load_be<uint32_t>(file, at), file.size() - at - kAround);
    const Bytes type = file.subspan(at + 4, 4), data = file.subspan(at + 8, length);
    chunks.push_back({{type.begin(), type.end()}, {data.begin(), data.end()}});
    at += kAround + length;
  }
  return chunks;
}

Input put_together(const std::vector<Chunk>& chunks) {
  Input file(kMagic.begin(), kMagic.end());
  for (const Chunk& chunk : chunks) append(file, png_chunk(chunk.type, chunk.data));
  return file;
}

Input inflated(const Input& packed) {
  Input bytes(kMostUnpacked);
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) throw std::bad_alloc();
  Input input = packed;
  stream.next_in = input.data();
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = bytes.data();
  stream.avail_out = kMostUnpacked;
  inflate(&stream, Z_FINISH);
  bytes.resize(stream.total_out);
  inflateEnd(&stream);
  return bytes;
}

}  // namespace

bool is_png(Bytes file) {
  return file.size() > kSignature && std::equal(kMagic.begin(), kMagic.end(), file.begin(),
                                                [](char a, uint8_t b) { return static_cast<uint8_t>(a) == b; });
}

bool png_has_right_checksums(Bytes file) {
  for (size_t at = kSignature; file.size() - at >= kAround;) {
    const size_t length = load_be<uint32_t>(file, at);
    if (length > file.size() - at - kAround) return false;
    const Bytes typed = file.subspan(at + 4, 4 + length);
    const bool critical = (typed[0] & 0x20U) == 0;
    const uint32_t right = static_cast<uint32_t>(crc32(0, typed.data(), static_cast<uInt>(typed.size())));
    if (critical && right != load_be<uint32_t>(file, at + 8 + length)) return false;
    at += kAround + length;
  }
  return true;
}

void mutate_png(Input& file, size_t most, uint32_t choice, const Change& change) {
  constexpr uint32_t kWholeCase = 0, kOrderCase = 1, kTwiceCase = 2, kTypeCase = 3, kPixelsFrom = 4, kCases = 10;
  const uint32_t what = choice % kCases;
  if (what == kWholeCase) {
    change(file, most);
    if (!is_png(file)) return;
  }
  std::vector<Chunk> chunks = take_apart(file);
  if (chunks.empty()) return;
  Chunk& chunk = chunks[choice / kCases % chunks.size()];
  const size_t room = std::max<size_t>(most / 2, 1);
  if (what == kOrderCase) {
    std::swap(chunk, chunks.back());
  } else if (what == kTwiceCase) {
    chunks.insert(chunks.begin() + static_cast<ptrdiff_t>(choice / kCases % chunks.size()), Chunk(chunk));
  } else if (what == kTypeCase) {
    constexpr std::array kTypes = {"IHDR", "PLTE", "IDAT", "IEND", "tRNS", "eXIf", "CgBI", "tEXt"};
    chunk.type = kTypes[choice / kCases / 16 % kTypes.size()];
  } else if (what >= kPixelsFrom && chunk.type == "IDAT") {
    Input pixels = inflated(chunk.data);
    change(pixels, kMostUnpacked);
    chunk.data = deflated(pixels);
  } else if (what != kWholeCase) {
    change(chunk.data, room);
  }
  file = put_together(chunks);
}

}  // namespace sateen::fuzz
