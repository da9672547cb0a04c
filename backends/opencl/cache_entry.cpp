// One entry of the program cache as bytes.
#include "cache_entry.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include <xxhash.h>

namespace sateen::opencl {

namespace {

constexpr std::array<unsigned char, 8> kMagic = {'S', 'A', 'T', 'E', 'E', 'N', 'C', 'L'};

using Bytes = std::vector<unsigned char>;

void put(Bytes& to, uint64_t value) {
  for (int i = 0; i < 8; ++i) to.push_back(static_cast<unsigned char>(value >> (8 * i)));
}

uint64_t number_at(const Bytes& bytes, size_t at) {
  uint64_t value = 0;
  for (size_t i = 0; i < 8; ++i) value |= uint64_t{bytes[at + i]} << (8 * i);
  return value;
}

}  // namespace

Bytes cache_entry(const std::string& key, const Bytes& program) {
  Bytes body(key.begin(), key.end());
  body.insert(body.end(), program.begin(), program.end());
  Bytes entry(kMagic.begin(), kMagic.end());
  entry.reserve(kCacheEntryHeader + body.size());
  put(entry, key.size());
  put(entry, program.size());
  put(entry, XXH3_64bits(body.data(), body.size()));
  entry.insert(entry.end(), body.begin(), body.end());
  return entry;
}

Bytes program_in(const Bytes& entry, const std::string& key) {
  if (entry.size() < kCacheEntryHeader || !std::equal(kMagic.begin(), kMagic.end(), entry.begin())) return {};
  const uint64_t key_size = number_at(entry, 8);
  const uint64_t body_size = entry.size() - kCacheEntryHeader;
  if (key_size != key.size() || key_size > body_size || number_at(entry, 16) != body_size - key_size) return {};
  if (number_at(entry, 24) != XXH3_64bits(entry.data() + kCacheEntryHeader, body_size)) return {};
  const auto body = entry.begin() + kCacheEntryHeader;
  if (!std::equal(key.begin(), key.end(), body,
                  [](char a, unsigned char b) { return static_cast<unsigned char>(a) == b; })) {
    return {};
  }
  return {body + static_cast<ptrdiff_t>(key_size), entry.end()};
}

}  // namespace sateen::opencl
