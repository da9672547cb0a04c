// Containers made by hand, byte by byte and apart from the library's writer, so that tests can make wrong ones whose
// checksums are right.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <xxhash.h>

struct Forgery {
  std::string header;
  std::vector<uint8_t> data{};
  uint16_t major = 1, minor = 0;
  uint32_t flags = 0;
  uint64_t reserved = 0;
  std::optional<uint64_t> header_bytes{}, data_offset{}, file_bytes{};  ///< the true ones unless set
  uint8_t padding = 0;

  std::vector<uint8_t> bytes() const {
    const uint64_t true_offset = (64 + header.size() + 63) / 64 * 64;
    std::vector<uint8_t> file = {0xA5, 'S', 'T', 'N', '\r', '\n', 0x1A, '\n'};
    put(file, major, 2);
    put(file, minor, 2);
    put(file, flags, 4);
    put(file, header_bytes.value_or(header.size()), 8);
    put(file, data_offset.value_or(true_offset), 8);
    put(file, file_bytes.value_or(true_offset + data.size()), 8);
    put(file, XXH3_64bits(header.data(), header.size()), 8);
    put(file, reserved, 8);
    put(file, XXH3_64bits(file.data(), file.size()), 8);
    file.insert(file.end(), header.begin(), header.end());
    file.resize(true_offset, padding);
    file.insert(file.end(), data.begin(), data.end());
    return file;
  }

 private:
  static void put(std::vector<uint8_t>& file, uint64_t value, int count) {
    for (int i = 0; i < count; ++i) file.push_back(static_cast<uint8_t>(value >> (8 * i)));
  }
};

inline std::string hash_text(const std::vector<uint8_t>& bytes, size_t from, size_t count) {
  static const char* const kHex = "0123456789abcdef";
  const uint64_t hash = XXH3_64bits(bytes.data() + from, count);
  std::string text;
  for (int shift = 60; shift >= 0; shift -= 4) text += kHex[hash >> shift & 15];
  return text;
}

/// An entry of the table of tensors.
inline std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                         const std::string& offset, const std::string& length, const std::string& hash) {
  return R"({"name":")" + name + R"(","dtype":")" + dtype + R"(","shape":)" + shape + R"(,"offset":)" + offset +
         R"(,"length":)" + length + R"(,"hash":")" + hash + R"("})";
}
