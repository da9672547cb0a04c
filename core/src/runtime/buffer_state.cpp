// The bytes of a buffer, on one device or on two.
#include "runtime/buffer_state.hpp"

#include <algorithm>
#include <string>

namespace sateen {

BufferState::~BufferState() {
  for (const Side side : {Side::kDevice, Side::kFallback}) {
    if (handle(side) == nullptr) continue;
    DeviceState& d = on(side);
    d.backend->buffer_destroy(d.device, handle(side));
    if (counted_) d.buffer_bytes -= bytes_;
  }
}

void BufferState::allocate(Side side) {
  if (handle(side) != nullptr) return;
  DeviceState& d = on(side);
  const std::string doing = "allocate " + std::to_string((bytes_ + (1U << 20U) - 1) >> 20U) + " MiB";
  d.check(d.backend->buffer_create(d.device, bytes_, &handle_[index(side)]), doing.c_str());
  if (counted_) d.buffer_bytes += bytes_;
  if (on_both_sides()) newest_[index(other(side))].add({0, bytes_});
}

void BufferState::bring(Side to, ByteRange range) {
  if (!on_both_sides()) return;
  constexpr uint64_t kMost = uint64_t{8} << 20;  // in one piece, so that a data set is not in memory once more
  DeviceState& from_device = on(other(to));
  DeviceState& to_device = on(to);
  std::vector<unsigned char>& staging = device_->fallback.staging;
  for (const ByteRange part : newest_[index(to)].missing(range)) {
    for (uint64_t at = part.begin; at < part.end; at += kMost) {
      const uint64_t n = std::min(kMost, part.end - at);
      if (staging.size() < n) staging.resize(n);
      from_device.check(from_device.backend->read(from_device.device, staging.data(), handle(other(to)), at, n),
                        "read");
      to_device.check(to_device.backend->write(to_device.device, handle(to), at, staging.data(), n), "write");
      device_->fallback.copied_bytes += n;
    }
    newest_[index(to)].add(part);
  }
}

void BufferState::wrote(Side side, ByteRange range) {
  if (!on_both_sides()) return;
  newest_[index(side)].add(range);
  newest_[index(other(side))].remove(range);
}

void BufferState::forget() {
  if (!on_both_sides()) return;
  for (ByteRanges& newest : newest_) newest.add({0, bytes_});
}

void BufferState::read(void* dst, uint64_t bytes, uint64_t offset) const {
  const bool inside = offset <= bytes_ && bytes <= bytes_ - offset;
  if (!on_both_sides() || !inside || bytes == 0) {  // the device refuses what is not inside
    device_->check(device_->backend->read(device_->device, dst, handle(Side::kDevice), offset, bytes), "read");
    return;
  }
  const ByteRange wanted{offset, offset + bytes};
  const auto read_parts = [&](Side side, const std::vector<ByteRange>& parts) {
    const DeviceState& d = on(side);
    for (const ByteRange part : parts) {
      auto* to = static_cast<unsigned char*>(dst) + (part.begin - offset);
      d.check(d.backend->read(d.device, to, handle(side), part.begin, part.end - part.begin), "read");
    }
  };
  const ByteRanges& newest = newest_[index(Side::kDevice)];
  read_parts(Side::kDevice, newest.inside(wanted));
  read_parts(Side::kFallback, newest.missing(wanted));
}

void BufferState::write(const void* src, uint64_t bytes, uint64_t offset) {
  device_->check(device_->backend->write(device_->device, handle(Side::kDevice), offset, src, bytes), "write");
  wrote(Side::kDevice, {offset, offset + bytes});
}

}  // namespace sateen
