// From C++ classes to the contract's table. The adaptor does what every backend would do alike: it catches exceptions
// and keeps their sentences, checks arguments, ranges, bindings and graphs, and holds late errors.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sateen/backend.h"
#include "sateen/sdk/boxes.hpp"
#include "sateen/sdk/calls.hpp"
#include "sateen/sdk/error_slot.hpp"
#include "sateen/sdk/extensions.hpp"
#include "sateen/sdk/failure.hpp"
#include "sateen/sdk/graph_view.hpp"
#include "sateen/sdk/host.hpp"
#include "sateen/sdk/op_rules.hpp"
#include "sateen/sdk/peak.hpp"
#include "sateen/sdk/profile.hpp"

namespace sateen::sdk {

/// The table of a backend class.
///
/// A backend gives a class B with
/// @code{.cpp}
///   static constexpr const char *kName, *kVersion;
///   struct or class Device, Buffer, Event, Program;
///   static uint32_t device_count();                                  // throws Failure(DEVICE_ERROR) where it can't
///                                                                    // work
///   static const sateen_device_info& device_info(uint32_t index);    // valid for the life of the process
///   static std::unique_ptr<Device> open(uint32_t index, Options options, Host host);
///   static const void* extension(const char* name);                  // may be left out
///   static const std::string& describe(uint32_t index);              // with Device::describe, for sateen.describe/1;
///                                                                    // may be left out
/// @endcode
/// where Device, whose destructor waits for all work, has
/// @code{.cpp}
///   std::unique_ptr<Buffer> create_buffer(uint64_t bytes);
///   void destroy_buffer(std::unique_ptr<Buffer>);                    // work may be in flight
///   void write(Buffer&, uint64_t offset, const void* src, uint64_t n);
///   void read(void* dst, const Buffer&, uint64_t offset, uint64_t n);
///   std::unique_ptr<Event> read_async(void* dst, const Buffer&, uint64_t offset, uint64_t n);
///   std::unique_ptr<Event> mark();
///   std::string unsupported(const GraphView&, const Op&);            // why it can't do a well-formed operation, or ""
///   std::unique_ptr<Program> compile(const GraphView&);              // of operations that it said it can do
///   void destroy_program(std::unique_ptr<Program>);                  // work may be in flight
///   void run(Program&, const Bound<Buffer>* bound, size_t n);
///   void finish();                                                   // waits even where the device has failed
///   std::string describe();                                          // may be left out
///   void run_stage(Program&, const Bound<Buffer>* bound, size_t n,   // run, but only what begins with operations
///                  size_t first, size_t last);                       // `first` to before `last`; for sateen.stages/1;
///                                                                    // may be left out
///   PeakRates measure_peak();                                        // for sateen.peak/1; may be left out
/// @endcode
/// and Event
/// @code{.cpp}
///   bool wait(uint64_t timeout_ns);                                  // false when the time ran out
/// @endcode
/// For the host's memory and work done at once, host_device.hpp has most of Device, timed_steps.hpp most of Program. A Program that is Profiled (profile.hpp) gives the backend the extension sateen.profile/1, a Device
/// that is Tuned (tuning.hpp) sateen.tuning/1.
///
/// Any of them may throw: Failure with a status, LateFailure for work that was queued before, std::bad_alloc.
/// Arguments that reach them are good: sizes are positive, ranges lie inside their buffers, bindings are whole.
template <typename B>
class Adaptor : private detail::Extensions<B> {
 public:
  /// For the entry function: the table, or NULL for a host of another major version.
  static const sateen_backend* entry(uint32_t host_major, uint32_t /*host_minor*/) noexcept {
    static constexpr sateen_backend kTable = {sizeof(sateen_backend),
                                              SATEEN_ABI_MAJOR,
                                              SATEEN_ABI_MINOR,
                                              0,
                                              B::kName,
                                              B::kVersion,
                                              device_count,
                                              device_info,
                                              device_open,
                                              device_close,
                                              last_error,
                                              buffer_create,
                                              buffer_destroy,
                                              write,
                                              read,
                                              read_async,
                                              mark,
                                              event_wait,
                                              event_destroy,
                                              compile,
                                              program_destroy,
                                              run,
                                              finish,
                                              extension};
    return host_major == SATEEN_ABI_MAJOR ? &kTable : nullptr;
  }

 private:
  using detail::Extensions<B>::box;
  using detail::Extensions<B>::call;
  using detail::Extensions<B>::check_index;
  using detail::Extensions<B>::thread_error;
  using typename detail::Extensions<B>::DeviceBox;
  using typename detail::Extensions<B>::BufferBox;
  using typename detail::Extensions<B>::EventBox;
  using typename detail::Extensions<B>::ProgramBox;

  static constexpr bool kStages = requires(typename B::Device & device, typename B::Program& program,
                                           const Bound<typename B::Buffer>* bound, size_t n) {
    device.run_stage(program, bound, n, n, n);
  };

  static const void* extension(const char* name) noexcept {
    if constexpr (kStages) {
      static constexpr sateen_stages kTable = {sizeof(sateen_stages), 0, run_until};
      if (name != nullptr && std::strcmp(name, SATEEN_STAGES_1) == 0) return &kTable;
    }
    return detail::Extensions<B>::extension(name);
  }

  static void check_range(const DeviceBox& device, const BufferBox* buffer, uint64_t offset, const void* host,
                          uint64_t n) {
    detail::require(buffer != nullptr, "the buffer is NULL");
    detail::require(buffer->device == &device, "the buffer belongs to another device");
    if (n == 0) return;
    detail::require(host != nullptr, "the host's memory is NULL");
    if (offset > buffer->bytes || n > buffer->bytes - offset) {
      throw Failure(SATEEN_INVALID,
                    text("bytes ", offset, " and ", n, " more do not lie inside a buffer of ", buffer->bytes));
    }
  }

  /// submit gives the backend's event. Memory is asked for before: what was submitted must not be without its event.
  template <typename F>
  static sateen_event* new_event(DeviceBox& device, F&& submit) {
    auto event = std::make_unique<EventBox>(EventBox{&device, nullptr});
    event->impl = std::forward<F>(submit)();
    return reinterpret_cast<sateen_event*>(event.release());
  }

  static sateen_status device_count(uint32_t* n) noexcept {
    return call([&] {
      detail::require(n != nullptr, "n is NULL");
      *n = B::device_count();
    });
  }

  static sateen_status device_info(uint32_t index, sateen_device_info* io) noexcept {
    return call([&] {
      detail::require(io != nullptr, "io is NULL");
      detail::require(io->struct_size >= sizeof(io->struct_size), "struct_size is too small");
      check_index(index);
      sateen_device_info info = B::device_info(index);
      info.struct_size = std::min(io->struct_size, uint32_t{sizeof(sateen_device_info)});
      std::memcpy(io, &info, info.struct_size);
    });
  }

  static sateen_status device_open(uint32_t index, const char* const* options, const sateen_host* host,
                                   sateen_device** out) noexcept {
    return call([&] {
      detail::require(host != nullptr, "the host is NULL");
      detail::require(out != nullptr, "out is NULL");
      check_index(index);
      auto device = std::make_unique<DeviceBox>(B::device_info(index), Host(host));
      if constexpr (Profiled<typename B::Program>) device->profile = Options(options).take_flag("profile");
      device->impl = B::open(index, Options(options), device->host);
      *out = reinterpret_cast<sateen_device*>(device.release());
    });
  }

  static void device_close(sateen_device* handle) noexcept {
    call([&] { const std::unique_ptr<DeviceBox> device(box(handle)); });
  }

  static const char* last_error(const sateen_device* handle) noexcept {
    if (handle == nullptr) return thread_error().message();
    const auto& device = *reinterpret_cast<const DeviceBox*>(handle);
    return device.failed ? device.late.message() : device.error.message();
  }

  static sateen_status buffer_create(sateen_device* handle, uint64_t bytes, sateen_buffer** out) noexcept {
    return call(handle, [&](DeviceBox& device) {
      detail::require(out != nullptr, "out is NULL");
      detail::require(bytes > 0, "a buffer has at least one byte");
      if (bytes > device.info.max_allocation_bytes) throw too_large(bytes, device.info.max_allocation_bytes);
      auto buffer = std::make_unique<BufferBox>(BufferBox{&device, bytes, nullptr});
      buffer->impl = device.impl->create_buffer(bytes);
      *out = reinterpret_cast<sateen_buffer*>(buffer.release());
    });
  }

  static void buffer_destroy(sateen_device* handle, sateen_buffer* buffer) noexcept {
    if (handle == nullptr || buffer == nullptr) return;
    call([&] {
      const std::unique_ptr<BufferBox> gone(box(buffer));
      box(handle)->impl->destroy_buffer(std::move(gone->impl));
    });
  }

  static sateen_status write(sateen_device* handle, sateen_buffer* dst, uint64_t offset, const void* src,
                             uint64_t n) noexcept {
    return call(handle, [&](DeviceBox& device) {
      check_range(device, box(dst), offset, src, n);
      if (n > 0) device.impl->write(*box(dst)->impl, offset, src, n);
    });
  }

  static sateen_status read(sateen_device* handle, void* dst, const sateen_buffer* src, uint64_t offset,
                            uint64_t n) noexcept {
    return call(handle, [&](DeviceBox& device) {
      check_range(device, box(src), offset, dst, n);
      if (n > 0) {
        device.impl->read(dst, *box(src)->impl, offset, n);
      } else {
        device.impl->finish();
      }
    });
  }

  static sateen_status read_async(sateen_device* handle, void* dst, const sateen_buffer* src, uint64_t offset,
                                  uint64_t n, sateen_event** done) noexcept {
    return call(handle, [&](DeviceBox& device) {
      detail::require(done != nullptr, "done is NULL");
      check_range(device, box(src), offset, dst, n);
      *done = new_event(device, [&] {
        return n > 0 ? device.impl->read_async(dst, *box(src)->impl, offset, n) : device.impl->mark();
      });
    });
  }

  static sateen_status mark(sateen_device* handle, sateen_event** out) noexcept {
    return call(handle, [&](DeviceBox& device) {
      detail::require(out != nullptr, "out is NULL");
      *out = new_event(device, [&] { return device.impl->mark(); });
    });
  }

  // From any thread, so its errors go to the calling thread; late ones become the device's as well.
  static sateen_status event_wait(sateen_event* handle, uint64_t timeout_ns) noexcept {
    if (handle == nullptr) return call([] { detail::require(false, "the event is NULL"); });
    EventBox& event = *box(handle);
    bool late = false;
    bool reached = false;
    const sateen_status status = detail::guard(thread_error(), late, [&] { reached = event.impl->wait(timeout_ns); });
    if (late) event.device->keep(thread_error());
    return status == SATEEN_OK && !reached ? SATEEN_TIMEOUT : status;
  }

  static void event_destroy(sateen_event* event) noexcept {
    call([&] { const std::unique_ptr<EventBox> gone(box(event)); });
  }

  static sateen_status compile(sateen_device* handle, const sateen_graph* graph, uint8_t* op_supported,
                               sateen_program** out) noexcept {
    return call(handle, [&](DeviceBox& device) {
      detail::require(graph != nullptr, "the graph is NULL");
      const GraphView view(*graph, device.info.alignment);
      judge(device, view, op_supported);
      if (out == nullptr) return;
      auto program = std::make_unique<ProgramBox>();
      program->device = &device;
      program->ops = static_cast<uint32_t>(view.ops().size());
      for (const Storage& storage : view.storages()) {
        if (storage.external()) program->externals.push_back({storage.bytes, storage.frozen()});
      }
      program->first.reserve(program->externals.size());
      program->bound.resize(program->externals.size());
      program->order.resize(program->externals.size());
      program->impl = device.impl->compile(view);
      *out = reinterpret_cast<sateen_program*>(program.release());
    });
  }

  static void judge(DeviceBox& device, const GraphView& view, uint8_t* op_supported) {
    std::vector<std::string> reasons;
    reasons.reserve(view.ops().size());
    // INVALID comes before UNSUPPORTED, so every page is checked before the device is asked.
    for (const Op& op : view.ops()) reasons.push_back(check_op(view, op));
    std::string first;
    for (size_t i = 0; i < reasons.size(); ++i) {
      const Op& op = view.ops()[i];
      std::string& reason = reasons[i];
      if (reason.empty()) reason = device.impl->unsupported(view, op);
      if (op_supported != nullptr) op_supported[i] = reason.empty() ? 1 : 0;
      if (reason.empty()) continue;
      reason = text(op.name, " is not supported: ", reason);
      device.host.log(SATEEN_LOG_DEBUG, text(B::kName, ": ", reason));  // core says it once
      if (first.empty()) first = reason;
    }
    if (first.empty()) first = view.unsupported();  // a graph without operations
    if (!first.empty()) throw Failure(SATEEN_UNSUPPORTED, first);
  }

  static void program_destroy(sateen_device* handle, sateen_program* program) noexcept {
    if (handle == nullptr || program == nullptr) return;
    call([&] {
      const std::unique_ptr<ProgramBox> gone(box(program));
      if (box(handle)->in_pass == program) box(handle)->in_pass = nullptr;
      box(handle)->impl->destroy_program(std::move(gone->impl));
    });
  }

  static void check_bindings(const DeviceBox& device, ProgramBox& program, const sateen_binding* bound, uint32_t n) {
    if (n != program.externals.size()) {
      throw Failure(SATEEN_INVALID, text(n, " bindings for ", program.externals.size(), " external storages"));
    }
    detail::require(n == 0 || bound != nullptr, "the bindings are NULL");
    for (uint32_t i = 0; i < n; ++i) {
      const BufferBox* buffer = box(bound[i].buffer);
      const uint64_t offset = bound[i].offset;
      const auto& external = program.externals[i];
      const auto check = [&](bool ok, const char* message) {
        if (!ok) throw Failure(SATEEN_INVALID, text("binding ", i, " ", message));
      };
      check(buffer != nullptr, "is missing");
      check(buffer->device == &device, "is a buffer of another device");
      check(offset % device.info.alignment == 0, "is off the device's alignment");
      check(offset <= buffer->bytes && external.bytes <= buffer->bytes - offset, "is too short for its storage");
      check(!external.frozen || program.first.empty() ||
                (program.first[i].buffer == bound[i].buffer && program.first[i].offset == offset),
            "is of a FROZEN storage and not where it was in the first run");
      program.order[i] = i;
    }
    std::sort(program.order.begin(), program.order.end(), [&](size_t a, size_t b) {
      return bound[a].buffer != bound[b].buffer ? std::less<>()(bound[a].buffer, bound[b].buffer)
                                                : bound[a].offset < bound[b].offset;
    });
    for (size_t i = 1; i < n; ++i) {
      const size_t a = program.order[i - 1];
      const size_t b = program.order[i];
      if (bound[a].buffer == bound[b].buffer && bound[b].offset - bound[a].offset < program.externals[a].bytes) {
        throw Failure(SATEEN_INVALID, text("bindings ", a, " and ", b, " overlap"));
      }
    }
  }

  static sateen_status run(sateen_device* handle, sateen_program* p, const sateen_binding* bound, uint32_t n) noexcept {
    return call(handle, [&](DeviceBox& device) {
      ProgramBox& program = bound_program(device, p, bound, n);
      device.in_pass = nullptr;
      device.impl->run(*program.impl, program.bound.data(), n);
    });
  }

  static ProgramBox& bound_program(DeviceBox& device, sateen_program* p, const sateen_binding* bound, uint32_t n) {
    detail::require(p != nullptr, "the program is NULL");
    ProgramBox& program = *box(p);
    detail::require(program.device == &device, "the program belongs to another device");
    check_bindings(device, program, bound, n);
    for (uint32_t i = 0; i < n; ++i) program.bound[i] = {box(bound[i].buffer)->impl.get(), bound[i].offset};
    if (program.first.empty()) program.first.assign(bound, bound + n);
    return program;
  }

  static sateen_status run_until(sateen_device* handle, sateen_program* p, const sateen_binding* bound, uint32_t n,
                                 uint32_t ops) noexcept {
    return call(handle, [&](DeviceBox& device) {
      const bool begins = p == nullptr || device.in_pass != p;
      const uint32_t first = begins ? 0 : device.submitted;
      ProgramBox& program = bound_program(device, p, bound, n);
      if (ops <= first || ops > program.ops) {
        throw Failure(SATEEN_INVALID, text("a stage up to operation ", ops, "; ", first, " of ", program.ops,
                                           " operations were submitted before it"));
      }
      if (begins) {
        program.pass.assign(bound, bound + n);
      } else {
        const auto same = [](const sateen_binding& a, const sateen_binding& b) {
          return a.buffer == b.buffer && a.offset == b.offset;
        };
        detail::require(std::equal(program.pass.begin(), program.pass.end(), bound, same),
                        "the stages of a pass have the same bindings");
      }
      device.in_pass = nullptr;
      device.impl->run_stage(*program.impl, program.bound.data(), n, first, ops);
      if (ops == program.ops) return;
      device.in_pass = p;
      device.submitted = ops;
    });
  }

  /// On a failed device, too: what is still under way may write to memory of the host's.
  static sateen_status finish(sateen_device* handle) noexcept {
    if (handle != nullptr && box(handle)->failed) {
      DeviceBox& device = *box(handle);
      bool late = false;
      detail::guard(device.error, late, [&] { device.impl->finish(); });
      return device.late.status();
    }
    return call(handle, [](DeviceBox& device) { device.impl->finish(); });
  }
};

}  // namespace sateen::sdk
