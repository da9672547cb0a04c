// What every function of the contract's table does first and last: from opaque handles to a backend's objects, and from
// exceptions to statuses.
#pragma once

#include <cstdint>
#include <utility>

#include "sateen/backend.h"
#include "sateen/sdk/boxes.hpp"
#include "sateen/sdk/error_slot.hpp"
#include "sateen/sdk/failure.hpp"

namespace sateen::sdk::detail {

template <typename B>
class Calls {
 protected:
  using DeviceBox = detail::DeviceBox<B>;
  using BufferBox = detail::BufferBox<B>;
  using EventBox = detail::EventBox<B>;
  using ProgramBox = detail::ProgramBox<B>;

  static DeviceBox* box(sateen_device* p) { return reinterpret_cast<DeviceBox*>(p); }
  static BufferBox* box(sateen_buffer* p) { return reinterpret_cast<BufferBox*>(p); }
  static const BufferBox* box(const sateen_buffer* p) { return reinterpret_cast<const BufferBox*>(p); }
  static EventBox* box(sateen_event* p) { return reinterpret_cast<EventBox*>(p); }
  static ProgramBox* box(sateen_program* p) { return reinterpret_cast<ProgramBox*>(p); }
  static const ProgramBox* box(const sateen_program* p) { return reinterpret_cast<const ProgramBox*>(p); }

  static ErrorSlot& thread_error() {
    static thread_local ErrorSlot slot;
    return slot;
  }

  /// A call without a device.
  template <typename F>
  static sateen_status call(F&& f) noexcept {
    bool late = false;
    return guard(thread_error(), late, std::forward<F>(f));
  }

  /// A call on a device.
  template <typename F>
  static sateen_status call(sateen_device* handle, F&& f) noexcept {
    if (handle == nullptr) return call([] { require(false, "the device is NULL"); });
    DeviceBox& device = *box(handle);
    if (device.failed) return device.late.status();
    bool late = false;
    const sateen_status status = guard(device.error, late, [&] { f(device); });
    if (late) device.keep(device.error);
    return status;
  }

  static void check_index(uint32_t index) {
    const uint32_t count = B::device_count();
    if (index >= count) throw Failure(SATEEN_INVALID, text("there is no device ", index, "; there are ", count));
  }
};

}  // namespace sateen::sdk::detail
