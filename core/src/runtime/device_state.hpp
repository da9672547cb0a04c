// What keeps a device open: shared by the Device's copies and by everything that lives on it.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "runtime/fallback.hpp"
#include "sateen/device.hpp"
#include "sateen/error.hpp"

namespace sateen {

/// Closes the device when the last owner goes. Plugins are never unloaded, so the table stays valid.
struct DeviceState {
  const sateen_backend* backend = nullptr;
  sateen_device* device = nullptr;
  DeviceInfo info;
  sateen_host host{};
  std::string cache_folder;  ///< host points into it
  LogSink log;
  bool graph_dumps = true;
  Fallback fallback;
  std::atomic<uint64_t> buffer_bytes{0};  // the last owner of a buffer may be on another thread

  DeviceState() = default;
  DeviceState(const DeviceState&) = delete;
  DeviceState& operator=(const DeviceState&) = delete;
  ~DeviceState() {
    if (device != nullptr) backend->device_close(device);
  }

  /// Throws for any status but OK, with the device's own words and what was being done.
  void check(sateen_status status, const char* doing) const {
    if (status != SATEEN_OK) throw_status(*backend, device, status, info.id + ": " + doing);
  }

  [[noreturn]] static void throw_status(const sateen_backend& backend, const sateen_device* device,
                                        sateen_status status, const std::string& doing);
};

}  // namespace sateen
