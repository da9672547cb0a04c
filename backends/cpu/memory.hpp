// Memory on cache-line boundaries: buffers, the arena, scratch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

#include "sateen/sdk/failure.hpp"

namespace sateen::cpu {

constexpr uint64_t kAlignment = 64;

/// Uninitialised bytes. Move-only; std::bad_alloc where there are none left.
class Memory {
 public:
  Memory() = default;
  explicit Memory(uint64_t bytes) : bytes_(bytes) {
    if (bytes == 0) return;
    data_.reset(static_cast<unsigned char*>(std::aligned_alloc(kAlignment, sdk::align_up(bytes, kAlignment))));
    if (data_ == nullptr) throw std::bad_alloc();
  }

  unsigned char* data() const { return data_.get(); }
  uint64_t bytes() const { return bytes_; }

  /// Makes room for so many bytes; what was in it is lost when it grows. Unchanged on failure.
  void reserve(uint64_t bytes) {
    if (bytes > bytes_) *this = Memory(bytes);
  }

 private:
  struct Free {
    void operator()(unsigned char* p) const { std::free(p); }
  };
  std::unique_ptr<unsigned char, Free> data_;
  uint64_t bytes_ = 0;
};

}  // namespace sateen::cpu
