// What the contract's opaque handles point to: a backend's objects and what the adaptor keeps beside them.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "sateen/backend.h"
#include "sateen/sdk/error_slot.hpp"
#include "sateen/sdk/host.hpp"

namespace sateen::sdk {

/// Memory for one EXTERNAL storage.
template <typename Buffer>
struct Bound {
  Buffer* buffer = nullptr;  ///< the host's; it outlives the work
  uint64_t offset = 0;       ///< bytes, a multiple of the device's alignment
};

namespace detail {

template <typename B>
struct DeviceBox {
  DeviceBox(const sateen_device_info& i, Host h) : info(i), host(h) {}
  const sateen_device_info& info;
  Host host;
  bool profile = false;
  std::string description;  // what an extension that tells of the device last gave
  ErrorSlot error;
  // The first late error. Set once under the mutex and not changed after `failed`, so it may be read without.
  std::mutex mutex;
  std::atomic<bool> failed{false};
  ErrorSlot late;
  const void* in_pass = nullptr;             // the program whose pass is half-way
  uint32_t submitted = 0;                    // so many of its operations
  std::unique_ptr<typename B::Device> impl;  // last: it goes first

  void keep(const ErrorSlot& e) noexcept {
    const std::lock_guard<std::mutex> lock(mutex);
    if (failed) return;
    late.set(e.status(), e.message());
    failed = true;
  }
};

template <typename B>
struct BufferBox {
  DeviceBox<B>* device;
  uint64_t bytes;
  std::unique_ptr<typename B::Buffer> impl;
};

template <typename B>
struct EventBox {
  DeviceBox<B>* device;
  std::unique_ptr<typename B::Event> impl;
};

template <typename B>
struct ProgramBox {
  struct External {
    uint64_t bytes;
    bool frozen;
  };
  DeviceBox<B>* device = nullptr;
  std::vector<External> externals;
  uint32_t ops = 0;
  std::vector<sateen_binding> first;  // what the first run bound: FROZEN storages stay there
  std::vector<sateen_binding> pass;   // what the pass bound that is half-way
  std::vector<Bound<typename B::Buffer>> bound;
  std::vector<size_t> order;  // scratch for the overlap check
  std::unique_ptr<typename B::Program> impl;
};

}  // namespace detail

}  // namespace sateen::sdk
