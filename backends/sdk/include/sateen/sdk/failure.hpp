// What a backend throws, and the little that its messages need.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

#include "sateen/backend.h"

namespace sateen::sdk {

/// A failure with the status that the host gets. what() is a sentence for people.
class Failure : public std::runtime_error {
 public:
  /// status: not SATEEN_OK. message: what() is to be, without a newline.
  Failure(sateen_status status, const std::string& message) : std::runtime_error(message), status_(status) {}
  /// What the function of the contract returns.
  sateen_status status() const noexcept { return status_; }

 private:
  sateen_status status_;
};

/// A failure of work that was queued earlier. The adaptor keeps it: every later call on the device returns it too.
class LateFailure : public Failure {
 public:
  /// Status and sentence, as Failure takes them.
  using Failure::Failure;
};

namespace detail {
inline void append(std::string& to, std::string_view part) {
  to += part;
}
template <typename T, typename = std::enable_if_t<std::is_integral_v<T>>>
void append(std::string& to, T part) {
  to += std::to_string(part);
}
}  // namespace detail

/// Strings and integers, one after the other.
template <typename... Parts>
std::string text(const Parts&... parts) {
  std::string r;
  (detail::append(r, parts), ...);
  return r;
}

/// a · b for sizes of memory that is about to be asked for; Failure(NO_MEMORY) where it doesn't fit in 63 bits.
inline uint64_t checked_mul(uint64_t a, uint64_t b) {
  uint64_t r = 0;
  if (__builtin_mul_overflow(a, b, &r) || r > INT64_MAX) throw Failure(SATEEN_NO_MEMORY, "a size is too large");
  return r;
}
/// a + b, likewise.
inline uint64_t checked_add(uint64_t a, uint64_t b) {
  uint64_t r = 0;
  if (__builtin_add_overflow(a, b, &r) || r > INT64_MAX) throw Failure(SATEEN_NO_MEMORY, "a size is too large");
  return r;
}

/// Bytes in MiB, rounded up, for words about memory.
inline uint64_t mebibytes(uint64_t bytes) {
  return (bytes >> 20) + ((bytes & ((uint64_t{1} << 20) - 1)) != 0 ? 1 : 0);
}

/// The failure of an allocation above what the device grants.
inline Failure too_large(uint64_t bytes, uint64_t most) {
  const bool small = most < uint64_t{1} << 20;
  return {SATEEN_NO_MEMORY, text(small ? bytes : mebibytes(bytes), small ? " bytes" : " MiB",
                                 " in one piece is too much for the device, which grants ", small ? most : most >> 20,
                                 small ? " bytes" : " MiB")};
}

/// a rounded up to a multiple of `alignment`, a power of two; throws as checked_add.
inline uint64_t align_up(uint64_t a, uint64_t alignment) {
  return checked_add(a, alignment - 1) & ~(alignment - 1);
}

}  // namespace sateen::sdk
