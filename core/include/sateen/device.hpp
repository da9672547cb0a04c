// Backends and devices: finding plugins, opening a device, and the RAII owners of what lives on it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sateen/backend.h"
#include "sateen/export.hpp"
#include "sateen/graph.hpp"
#include "sateen/log.hpp"

namespace SATEEN_PUBLIC sateen {

/// What a user can choose from.
struct DeviceInfo {
  std::string backend;                  ///< "cpu"
  uint32_t index = 0;                   ///< within the backend
  std::string id;                       ///< "cpu", "opencl:0:1"
  std::string name;                     ///< "AMD EPYC 7763"
  std::string vendor;                   ///< in the driver's words
  std::string driver;                   ///< driver and version, "" where there is none
  uint32_t type = SATEEN_DEVICE_OTHER;  ///< SATEEN_DEVICE_…
  /// Bytes, of tensors' offsets; an open device's also fits the device that does what it can't.
  uint32_t alignment = 4;
  uint64_t memory_bytes = 0;          ///< what the device has in all
  uint64_t max_allocation_bytes = 0;  ///< the largest buffer that it grants
};

/// A backend that can't be used here, and why.
struct UnavailableBackend {
  std::string name;    ///< the backend's name, or the plugin's file name where it has none
  std::string reason;  ///< one line for people, with what to do where that is known
};

/// Why a backend that can be used shows fewer devices than one might expect.
struct BackendRemark {
  std::string backend;  ///< whose devices
  std::string text;     ///< one line for people
};

/// Lines of key and value for people and bug reports; a key may come again. backend.h says which keys mean something to
/// programs ("programs_built").
using Description = std::vector<std::pair<std::string, std::string>>;

/// Which variant of its kernels each operation got, by the operation's key; both are a backend's own words. The same
/// choices on the same device, driver and version of the library give the same bytes.
using Choices = std::map<std::string, std::string>;

/// What is known of a variant that an operation could get.
struct TunedVariant {
  std::string key;           ///< of the operation, as in Choices
  std::string variant;       ///< in the backend's words
  uint64_t nanoseconds = 0;  ///< of one run; 0: not timed
  bool refused = false;      ///< it was wrong, or can't be had here: it is never taken
};

class Device;

/// The backends of this process: the built-in ones and the plugins that were found. Plugins are never unloaded.
/// Use from one thread at a time; Devices opened from it may outlive it.
class Registry {
 public:
  /// Where plugins are looked for, and what holds for every device of a registry.
  struct Options {
    /// Folders and files to look in first, in order; a plugin among them that can't be loaded throws Error(kDevice).
    std::vector<std::filesystem::path> backend_paths;
    /// Also look in SATEEN_BACKEND_PATH (full paths, ':' between them; ignored when set-user-ID), the installed plugin
    /// folder and the build tree's. What can't be loaded there is listed as unavailable. Where a library that a plugin
    /// needs is missing, the first line of the file NAME.hint beside NAME.so says what to install.
    bool default_paths = true;
    /// Hears the library and its backends, for as long as a device is open.
    LogSink log;
    /// Where backends may keep what they can make again; an empty path: nowhere; nullopt: default_cache_folder().
    std::optional<std::filesystem::path> cache_folder = std::nullopt;
    /// Operations that a device can't do are an error of Device::compile, and don't run on cpu.
    bool strict = false;
  };

  /// With the options as they are made.
  Registry();
  /// Loads the plugins; opens no device.
  explicit Registry(Options options);
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  /// Names of the usable backends, built-in ones first.
  std::vector<std::string> backends() const;
  /// Plugins that can't be loaded, then backends that can't work here, which are asked now.
  std::vector<UnavailableBackend> unavailable() const;
  /// Looks at the machine's hardware and drivers; may take a moment.
  std::vector<BackendRemark> remarks() const;
  /// Properties of a device of this registry: versions, limits, extensions. Empty where its backend tells none.
  Description describe(const DeviceInfo& device) const;
  /// Whether the backend's devices take the option "tune=SECONDS", so that they measure which kernels are fastest.
  bool tunes(const std::string& backend) const;
  /// As chosen by the options, absolute; empty where nothing is kept.
  const std::filesystem::path& cache_folder() const;
  /// As chosen by the options: whether nothing runs on cpu because a device can't do it.
  bool strict() const;
  /// Every device of every usable backend.
  std::vector<DeviceInfo> devices() const;

  /// One device of a backend by what a user calls it: "" or "auto" (the first GPU, else the first device), an id as in
  /// devices() ("opencl:0:1"), its numbers alone ("0:1"), or a part of its name or vendor that fits just one device,
  /// upper or lower case. Throws Error(kDevice) naming what is there when nothing, or more than one, fits.
  DeviceInfo find(const std::string& backend, const std::string& wanted = {}) const;

  /// Opens the device that find() gives. options: "key=value", as in docs/backends.md. May take seconds, in which
  /// drivers start. Throws what find throws; Error(kUsage) for an option that the backend does not know or a
  /// bad value; Error(kDevice) or Error(kNoMemory) where it can't be opened.
  Device open(const std::string& backend, const std::string& wanted = {},
              const std::vector<std::string>& options = {}) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Bytes on a device. Keeps its device open. Same thread rule as Device.
class Buffer {
 public:
  /// Empty: no bytes, on no device.
  Buffer() = default;
  /// Bytes; 0 for an empty one.
  uint64_t size() const;
  /// False for an empty one.
  explicit operator bool() const { return state_ != nullptr; }
  /// The device's own. After a program that has operations done elsewhere, what is in it may be older than what read()
  /// gives.
  sateen_buffer* handle() const;

  /// Copies to the device, in order with other work. The source may be reused at once. Error(kUsage) for a range that
  /// is not inside the buffer, here and below.
  void write(const void* src, uint64_t bytes, uint64_t offset = 0);
  /// Waits for the work before it and copies back.
  void read(void* dst, uint64_t bytes, uint64_t offset = 0) const;

  /// A vector, span or array of plain values.
  template <typename Values>
  requires requires(const Values& v) {
    std::data(v);
    std::size(v);
  }
  void write(const Values& src, uint64_t offset = 0) {
    write(std::data(src), std::size(src) * sizeof(*std::data(src)), offset);
  }
  /// All of it, as values of a plain type; what is left of a last value is not read.
  template <typename T>
  std::vector<T> read_as() const {
    std::vector<T> r(size() / sizeof(T));
    read(r.data(), r.size() * sizeof(T));
    return r;
  }

 private:
  friend class Device;
  friend class ProgramState;
  std::shared_ptr<class BufferState> state_;
};

/// A point in a device's queue. wait() may be called from any thread, by one thread at a time.
class Event {
 public:
  /// No event: wait() is true at once.
  Event() = default;
  /// timeout_ns: nanoseconds, UINT64_MAX for ever. False when the time ran out. Throws Error(kDevice) with what the
  /// work ended with.
  bool wait(uint64_t timeout_ns = UINT64_MAX);
  /// False for no event.
  explicit operator bool() const { return handle_ != nullptr; }

 private:
  friend class Device;
  std::shared_ptr<struct DeviceState> device_;
  std::shared_ptr<sateen_event> handle_;
};

/// A piece of a buffer that a run uses for one external storage.
struct Binding {
  const Buffer* buffer = nullptr;  ///< borrowed until run returns
  uint64_t offset = 0;             ///< bytes, a multiple of the device's alignment
  /// From o on, as many bytes as the storage has.
  Binding(const Buffer& b, uint64_t o = 0) : buffer(&b), offset(o) {}  // NOLINT(google-explicit-constructor)
};

/// Where a program's time went: one of its operations, or several that the backend made one.
struct OpProfile {
  std::string name;          ///< "conv1.forward + leaky_relu1.forward"
  uint64_t runs = 0;         ///< of the program, since it was compiled
  uint64_t nanoseconds = 0;  ///< how long the device worked at it, over all runs
};

/// What a device can do at the most, by its own measurement.
struct PeakRates {
  double flops = 0;             ///< f32 operations a second; a multiply-add is two
  double bytes_per_second = 0;  ///< read and written by a copy that is larger than the caches
};

/// A compiled graph. Same thread rule as Device.
///
/// Operations that the device can't do run on cpu, and the bytes that both need are copied between them, each as late as
/// it can be and only where the other side changed it. A buffer that operations on cpu use gets memory there when it is
/// first bound: then run may throw Error(kNoMemory), and nothing ran. Results are those of the whole.
class Program {
 public:
  /// No program; it can't be run.
  Program() = default;
  /// Submits one pass; one binding per external storage, in the order in which the graph made them. May return early.
  void run(std::span<const Binding> bindings);
  /// Whether passes can be run in stages: the backend can, and the device does all of the operations.
  bool has_stages() const;
  /// Submits the pass up to its operation number `ops`, and goes on there at the next call, which has the same bindings
  /// and a higher number; that of all operations ends the pass. What these operations wrote into bound buffers can be
  /// read then. No other program may run on the device in between. Throws Error(kUsage) where has_stages() is false.
  void run_until(std::span<const Binding> bindings, size_t ops);
  /// Waits for all work and gives the device time so far, in the order of the operations. Throws Error(kUsage) where
  /// the device was opened without "profile=1", Error(kDevice) where its backend takes no times.
  std::vector<OpProfile> profile() const;
  /// How many of the graph's operations run on cpu because the device can't do them.
  uint64_t fallback_ops() const;
  /// False for no program.
  explicit operator bool() const { return state_ != nullptr; }

 private:
  friend class Device;
  std::shared_ptr<class ProgramState> state_;
};

/// An open device. A handle: copies mean the same device, which closes when the last handle, buffer, event and program
/// has gone. One thread at a time for a device and everything on it (Event::wait apart); different devices are free.
/// Every failure is Error(kDevice), Error(kNoMemory) or, for a broken rule of the contract, Error(kUsage).
class Device {
 public:
  /// What it is. Valid as long as a handle.
  const DeviceInfo& info() const;

  /// bytes > 0; what is in it is undefined until it is written.
  Buffer create_buffer(uint64_t bytes);
  /// A buffer with these bytes in it.
  Buffer create_buffer(const void* src, uint64_t bytes);
  /// Where the environment's SATEEN_DUMP_GRAPH names a folder, the graph is written there first (docs/debugging.md);
  /// Error(kOutput) where it can't be. What the device can't do is compiled for cpu; the log says so, once for each kind
  /// of operation. It is Error(kDevice), naming the first of them, where the registry is strict or cpu can't either.
  Program compile(Graph& graph);
  /// Whether compile does that; it does unless told otherwise. For all handles of this device.
  void set_graph_dumps(bool on);
  /// Whether the log names the operations that run on cpu; it does unless told otherwise. For all handles of this device.
  void set_fallback_log(bool on);
  /// Of all programs compiled on this device so far: how many of their operations run on cpu. describe() has their kinds.
  uint64_t fallback_ops() const;
  /// Which of the graph's operations this device can do itself, in order.
  std::vector<bool> supported(Graph& graph);
  /// Reached when all work submitted so far is done.
  Event mark();
  /// Copies back without waiting, after the work before it; done when the event is reached. dst must stay until the
  /// event was waited for.
  Event read_async(void* dst, const Buffer& src, uint64_t bytes, uint64_t offset = 0);
  /// Waits for all work, and throws what it ended with.
  void finish();
  /// What the device was opened with and what became of it so far. Empty where its backend tells nothing.
  Description describe();
  /// Measures anew, after all work: some tenths of a second, in which the device does nothing else. Nothing where its
  /// backend can't.
  std::optional<PeakRates> peak();
  /// Of the buffers that are there now, for all handles of this device. What programs need for their intermediate values
  /// is not counted, and neither are copies on cpu.
  uint64_t buffer_bytes() const;

  /// What was chosen for the programs compiled so far. Empty where the backend has nothing to choose from.
  Choices choices();
  /// Programs that are compiled from now on take these choices, as far as this device can; choices() then shows what it
  /// took. Throws Error(kUsage) for what is not made of one line of printable ASCII each.
  void pin(const Choices& choices);
  /// What choices() were made from, in the order of the keys; without those that nothing was ever measured of.
  std::vector<TunedVariant> variants();

  /// The contract's own table and handle, for tests of it and for what this class leaves out. The rules of backend.h
  /// are then the caller's to keep.
  const sateen_backend& table() const;
  /// See table(). It stays the device's.
  sateen_device* handle() const;

 private:
  friend class Registry;
  explicit Device(std::shared_ptr<struct DeviceState> state);
  std::shared_ptr<struct DeviceState> state_;
};

}  // namespace sateen
