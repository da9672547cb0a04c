// IDX files and gzip made for tests.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <vector>

#include <zlib.h>

inline std::vector<uint8_t> idx(const std::vector<uint32_t>& dims, const std::vector<uint8_t>& values,
                                uint8_t type = 0x08) {
  std::vector<uint8_t> file = {0, 0, type, static_cast<uint8_t>(dims.size())};
  for (const uint32_t dim : dims) {
    for (int shift = 24; shift >= 0; shift -= 8) file.push_back(static_cast<uint8_t>(dim >> shift));
  }
  file.insert(file.end(), values.begin(), values.end());
  return file;
}

inline std::vector<uint8_t> gzip(const std::vector<uint8_t>& bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("deflateInit2");
  }
  std::vector<uint8_t> packed(deflateBound(&stream, bytes.size()));
  std::vector<uint8_t> input = bytes;
  stream.next_in = input.data();
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = packed.data();
  stream.avail_out = static_cast<uInt>(packed.size());
  const int result = deflate(&stream, Z_FINISH);
  packed.resize(packed.size() - stream.avail_out);
  deflateEnd(&stream);
  if (result != Z_STREAM_END) throw std::runtime_error("deflate");
  return packed;
}
