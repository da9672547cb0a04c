// The bytes of a buffer: on its device, and a copy on the fallback device once operations there use them.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "base/byte_ranges.hpp"
#include "runtime/device_state.hpp"

namespace sateen {

/// Where work is done: on the device that the user opened, or on the one that does what that device can't.
enum class Side : size_t { kDevice, kFallback };

/// While bytes are on both sides, it is known for each of them where it is newest; a byte may be so on both sides.
class BufferState {
 public:
  /// counted: in the devices' buffer_bytes.
  BufferState(std::shared_ptr<DeviceState> device, uint64_t bytes, bool counted = true)
      : device_(std::move(device)), bytes_(bytes), counted_(counted) {}
  BufferState(const BufferState&) = delete;
  BufferState& operator=(const BufferState&) = delete;
  ~BufferState();

  const DeviceState& device() const { return *device_; }
  uint64_t bytes() const { return bytes_; }
  sateen_buffer* handle(Side side) const { return handle_[index(side)]; }
  bool on_both_sides() const { return handle_[0] != nullptr && handle_[1] != nullptr; }

  /// Makes memory on a side that has none yet. What is on the other side is the newest then.
  void allocate(Side side);
  /// Copies to a side, which has memory, what is newer on the other one.
  void bring(Side to, ByteRange range);
  /// Work on a side wrote these bytes.
  void wrote(Side side, ByteRange range);
  /// What was in it is of no interest any more.
  void forget();

  void read(void* dst, uint64_t bytes, uint64_t offset) const;
  void write(const void* src, uint64_t bytes, uint64_t offset);

 private:
  static size_t index(Side side) { return static_cast<size_t>(side); }
  static Side other(Side side) { return side == Side::kDevice ? Side::kFallback : Side::kDevice; }
  DeviceState& on(Side side) const { return side == Side::kDevice ? *device_ : *device_->fallback.device; }

  std::shared_ptr<DeviceState> device_;
  uint64_t bytes_;
  bool counted_;
  std::array<sateen_buffer*, 2> handle_{};
  std::array<ByteRanges, 2> newest_;
};

}  // namespace sateen
