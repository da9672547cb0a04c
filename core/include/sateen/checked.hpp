// Arithmetic on sizes that throws instead of wrapping. Every size that comes from outside goes through here.
#pragma once

#include <cstdint>
#include <string>

#include "sateen/error.hpp"
#include "sateen/export.hpp"

namespace SATEEN_PUBLIC sateen {

/// a · b, or Error(code) naming `what`.
inline uint64_t checked_mul(uint64_t a, uint64_t b, const char* what, ErrorCode code = ErrorCode::kUsage) {
  uint64_t r = 0;
  if (__builtin_mul_overflow(a, b, &r)) throw Error(code, std::string(what) + " is too large");
  return r;
}

/// a + b, or Error(code) naming `what`.
inline uint64_t checked_add(uint64_t a, uint64_t b, const char* what, ErrorCode code = ErrorCode::kUsage) {
  uint64_t r = 0;
  if (__builtin_add_overflow(a, b, &r)) throw Error(code, std::string(what) + " is too large");
  return r;
}

/// a rounded up to a multiple of `alignment` (a power of two), or Error(code) naming `what`.
inline uint64_t checked_align(uint64_t a, uint64_t alignment, const char* what, ErrorCode code = ErrorCode::kUsage) {
  return checked_add(a, alignment - 1, what, code) & ~(alignment - 1);
}

}  // namespace sateen
