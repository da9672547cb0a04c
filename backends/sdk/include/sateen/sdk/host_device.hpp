// What backends have in common whose memory is the host's and whose work is done when a call returns.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#include "sateen/sdk/failure.hpp"

namespace sateen::sdk {

/// A cache line: what sateen_device_info::alignment is for such a device.
constexpr uint64_t kHostAlignment = 64;

/// Uninitialised bytes on a cache line's boundary. Move-only; std::bad_alloc where there are none left.
class HostMemory {
 public:
  /// No bytes.
  HostMemory() = default;
  /// bytes of it; 0 gives none.
  explicit HostMemory(uint64_t bytes) : bytes_(bytes) {
    if (bytes == 0) return;
    data_.reset(static_cast<unsigned char*>(std::aligned_alloc(kHostAlignment, align_up(bytes, kHostAlignment))));
    if (data_ == nullptr) throw std::bad_alloc();
  }

  /// The first byte, or null where there are none.
  unsigned char* data() const { return data_.get(); }
  /// As asked for, without what rounds them up to cache lines.
  uint64_t bytes() const { return bytes_; }

  /// Makes room for so many bytes; what was in it is lost when it grows. Unchanged on failure.
  void reserve(uint64_t bytes) {
    if (bytes > bytes_) *this = HostMemory(bytes);
  }

 private:
  struct Free {
    void operator()(unsigned char* p) const { std::free(p); }
  };
  std::unique_ptr<unsigned char, Free> data_;
  uint64_t bytes_ = 0;
};

/// A buffer of the contract.
struct HostBuffer {
  HostMemory memory;  ///< what the host reads and writes
};

/// Reached before anybody holds it.
struct DoneEvent {
  /// True at once: there is nothing to wait for.
  static bool wait(uint64_t /*timeout_ns*/) { return true; }
};

/// A base of Device for the adaptor: its buffers are HostBuffers and its events DoneEvents. What is left for the backend
/// is to judge, compile and run. Its functions do what adaptor.hpp asks of them, at once.
class HostDevice {
 public:
  /// Uninitialised; std::bad_alloc where there is no memory.
  static std::unique_ptr<HostBuffer> create_buffer(uint64_t bytes) {
    return std::make_unique<HostBuffer>(HostBuffer{HostMemory(bytes)});
  }
  /// No work is ever in flight, so it goes now.
  static void destroy_buffer(std::unique_ptr<HostBuffer> buffer) { buffer.reset(); }
  /// offset and n are bytes, inside the buffer.
  static void write(HostBuffer& dst, uint64_t offset, const void* src, uint64_t n) {
    std::memcpy(dst.memory.data() + offset, src, n);
  }
  /// Likewise.
  static void read(void* dst, const HostBuffer& src, uint64_t offset, uint64_t n) {
    std::memcpy(dst, src.memory.data() + offset, n);
  }
  /// Has read when it returns.
  static std::unique_ptr<DoneEvent> read_async(void* dst, const HostBuffer& src, uint64_t offset, uint64_t n) {
    std::unique_ptr<DoneEvent> event = mark();
    read(dst, src, offset, n);
    return event;
  }
  /// Reached already.
  static std::unique_ptr<DoneEvent> mark() { return std::make_unique<DoneEvent>(); }
  /// As destroy_buffer.
  template <typename Program>
  static void destroy_program(std::unique_ptr<Program> program) {
    program.reset();
  }
  /// Nothing to wait for.
  static void finish() {}
};

}  // namespace sateen::sdk
