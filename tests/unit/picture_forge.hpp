// Pictures made by hand for tests: PNG, BMP and the parts of a JPEG.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include <zlib.h>

using Picture = std::vector<uint8_t>;

inline void put_be(Picture& file, uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) file.push_back(static_cast<uint8_t>(value >> shift));
}

inline void put_le(Picture& file, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) file.push_back(static_cast<uint8_t>(value >> (8 * i)));
}

inline void append(Picture& file, const Picture& more) {
  file.insert(file.end(), more.begin(), more.end());
}

inline Picture deflated(const Picture& bytes) {
  uLongf size = compressBound(static_cast<uLong>(bytes.size()));
  Picture packed(size);
  if (compress2(packed.data(), &size, bytes.data(), static_cast<uLong>(bytes.size()), 9) != Z_OK) {
    throw std::runtime_error("compress2");
  }
  packed.resize(size);
  return packed;
}

inline Picture png_chunk(const std::string& type, const Picture& data) {
  Picture typed(type.begin(), type.end());
  append(typed, data);
  Picture chunk;
  put_be(chunk, data.size(), 4);
  append(chunk, typed);
  put_be(chunk, crc32(0, typed.data(), static_cast<uInt>(typed.size())), 4);
  return chunk;
}

/// rows: as PNG has them before compression, each with its filter byte. extra: chunks before the pixels.
inline Picture png(uint32_t width, uint32_t height, uint8_t depth, uint8_t color, const Picture& rows,
                   const Picture& extra = {}) {
  Picture header;
  put_be(header, width, 4);
  put_be(header, height, 4);
  append(header, {depth, color, 0, 0, 0});
  Picture file = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  append(file, png_chunk("IHDR", header));
  append(file, extra);
  append(file, png_chunk("IDAT", deflated(rows)));
  append(file, png_chunk("IEND", {}));
  return file;
}

/// rows: as BMP has them, from the bottom unless height is negative, padded to four bytes. palette: four bytes a
/// colour.
inline Picture bmp(int32_t width, int32_t height, uint16_t bits, const Picture& rows, const Picture& palette = {},
                   uint32_t compression = 0) {
  Picture file = {'B', 'M'};
  put_le(file, 54 + palette.size() + rows.size(), 4);
  put_le(file, 0, 4);
  put_le(file, 54 + palette.size(), 4);
  put_le(file, 40, 4);
  put_le(file, static_cast<uint32_t>(width), 4);
  put_le(file, static_cast<uint32_t>(height), 4);
  put_le(file, 1, 2);
  put_le(file, bits, 2);
  put_le(file, compression, 4);
  put_le(file, rows.size(), 4);
  put_le(file, 2835, 4);
  put_le(file, 2835, 4);
  put_le(file, palette.size() / 4, 4);
  put_le(file, 0, 4);
  append(file, palette);
  append(file, rows);
  return file;
}

inline Picture jpeg_segment(uint8_t marker, const Picture& data) {
  Picture segment = {0xFF, marker};
  put_be(segment, data.size() + 2, 2);
  append(segment, data);
  return segment;
}

/// A baseline JPEG of 8x8 blocks that are flat: one grey value (0, 8, 16 … 255) a block, row by row. It is as small as
/// JPEG gets: one DC table whose codes are all 8 bits long, quantisers of 8 for DC, and no AC.
inline Picture jpeg(uint16_t width, uint16_t height, const std::vector<int>& blocks, const Picture& extra = {}) {
  Picture file = {0xFF, 0xD8};
  append(file, extra);
  Picture quantisers(65, 8);
  quantisers[0] = 0;
  append(file, jpeg_segment(0xDB, quantisers));
  Picture frame = {8};
  put_be(frame, height, 2);
  put_be(frame, width, 2);
  append(frame, {1, 1, 0x11, 0});
  append(file, jpeg_segment(0xC0, frame));
  // DC: categories 0 to 9 with codes of 4 bits. AC: one code of 1 bit, "end of block".
  Picture dc(17), ac(17);
  dc[4] = 10;
  for (uint8_t category = 0; category < 10; ++category) dc.push_back(category);
  ac[0] = 0x10;
  ac[1] = 1;
  ac.push_back(0);
  append(file, jpeg_segment(0xC4, dc));
  append(file, jpeg_segment(0xC4, ac));
  append(file, jpeg_segment(0xDA, {1, 1, 0x00, 0, 63, 0}));
  uint32_t bits = 0;
  int count = 0;
  const auto put = [&](uint32_t value, int length) {
    for (int i = length - 1; i >= 0; --i) {
      bits = bits << 1 | (value >> i & 1);
      if (++count % 8 != 0) continue;
      file.push_back(static_cast<uint8_t>(bits));
      if ((bits & 0xFF) == 0xFF) file.push_back(0);
    }
  };
  int before = 0;
  for (const int gray : blocks) {
    const int dc_value = gray - 128;  // DC / 8, in steps of the quantiser: gray = 128 + dc · 8 / 8
    const int diff = dc_value - before;
    before = dc_value;
    const int magnitude = diff < 0 ? -diff : diff;
    int category = 0;
    while (magnitude >> category != 0) ++category;
    put(static_cast<uint32_t>(category), 4);
    put(static_cast<uint32_t>(diff < 0 ? diff + (1 << category) - 1 : diff), category);
    put(0, 1);
  }
  while (count % 8 != 0) put(1, 1);
  append(file, {0xFF, 0xD9});
  return file;
}

/// An EXIF segment with an orientation.
inline Picture exif(uint16_t orientation, bool little_endian = true) {
  Picture data = {'E', 'x', 'i', 'f', 0, 0};
  const auto put = [&](uint64_t value, int bytes) {
    if (little_endian) {
      put_le(data, value, bytes);
    } else {
      put_be(data, value, bytes);
    }
  };
  append(data, little_endian ? Picture{'I', 'I'} : Picture{'M', 'M'});
  put(42, 2);
  put(8, 4);
  put(2, 2);
  for (const uint16_t tag : {uint16_t{0x0100}, uint16_t{0x0112}}) {
    put(tag, 2);
    put(3, 2);
    put(1, 4);
    put(tag == 0x0112 ? orientation : 7, 2);
    put(0, 2);
  }
  put(0, 4);
  return jpeg_segment(0xE1, data);
}
