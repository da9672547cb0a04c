// Little-endian numbers in byte arrays, whatever the host's own order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

namespace sateen {

using Bytes = std::span<const uint8_t>;

template <typename T>
T load_le(Bytes bytes, size_t at) {
  static_assert(std::is_unsigned_v<T>);
  uint64_t value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) value |= uint64_t{bytes[at + i]} << (8 * i);
  return static_cast<T>(value);
}

template <typename T>
void store_le(std::span<uint8_t> bytes, size_t at, T value) {
  static_assert(std::is_unsigned_v<T>);
  for (size_t i = 0; i < sizeof(T); ++i) bytes[at + i] = static_cast<uint8_t>(uint64_t{value} >> (8 * i));
}

/// Big-endian, as IDX, PNG and JPEG have it.
template <typename T>
T load_be(Bytes bytes, size_t at) {
  static_assert(std::is_unsigned_v<T>);
  uint64_t value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) value = value << 8 | bytes[at + i];
  return static_cast<T>(value);
}

/// The bytes of an array of plain values.
template <typename T>
Bytes bytes_of(std::span<const T> values) {
  static_assert(std::is_trivially_copyable_v<T>);
  return {reinterpret_cast<const uint8_t*>(values.data()), values.size_bytes()};
}

}  // namespace sateen
