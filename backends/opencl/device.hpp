// An open OpenCL device: a context, one in-order queue, memory and programs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "cl.hpp"
#include "in_flight.hpp"
#include "platform.hpp"
#include "program.hpp"
#include "programs.hpp"
#include "sateen/sdk/adaptor.hpp"
#include "tuner.hpp"
#include "tuning.hpp"

namespace sateen::opencl {

struct Buffer {
  Memory memory;
  uint64_t id;  ///< of all the memory that the device ever had
};

/// A point in the queue. Waited for from any thread.
class Event {
 public:
  explicit Event(std::shared_ptr<InFlight> in_flight) : in_flight_(std::move(in_flight)) {}
  /// Where OpenCL puts the event, once.
  cl_event* out() { return event_.out(); }
  bool wait(uint64_t timeout_ns);

 private:
  ClEvent event_;
  std::shared_ptr<InFlight> in_flight_;
};

struct DeviceOptions {
  bool profile = false;
  bool sync = false;  ///< wait for each kernel
  Tuning tuning;
  GemmUse gemm = GemmUse::kAuto;
  std::string variant;  ///< the one to take, where an operation has it
  TuningOptions tune;
};

class Device {
 public:
  Device(const FoundDevice& found, const DeviceOptions& options, sdk::Host host);
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;
  ~Device();

  std::unique_ptr<Buffer> create_buffer(uint64_t bytes);
  /// OpenCL keeps the bytes until the work that was submitted with them is done.
  void destroy_buffer(std::unique_ptr<Buffer> buffer) { buffer.reset(); }
  void write(Buffer& dst, uint64_t offset, const void* src, uint64_t n);
  void read(void* dst, const Buffer& src, uint64_t offset, uint64_t n);
  std::unique_ptr<Event> read_async(void* dst, const Buffer& src, uint64_t offset, uint64_t n);
  std::unique_ptr<Event> mark();
  std::string unsupported(const sdk::GraphView& graph, const sdk::Op& op);
  std::unique_ptr<Program> compile(const sdk::GraphView& graph);
  /// OpenCL keeps its kernels until the work that was submitted with them is done.
  void destroy_program(std::unique_ptr<Program> program) { program.reset(); }
  void run(Program& program, const sdk::Bound<Buffer>* bound, size_t n) { run_stage(program, bound, n, 0, SIZE_MAX); }
  void run_stage(Program& program, const sdk::Bound<Buffer>* bound, size_t n, size_t first, size_t last);
  void finish();
  std::string describe() const;
  const sdk::Choices& choices() const { return tuner_.choices(); }
  void pin(const sdk::Choices& choices) { tuner_.pin(choices); }
  std::string candidates() { return tuner_.candidates(); }
  sdk::PeakRates measure_peak();

 private:
  /// Bytes that a write has copied and the device has not taken yet.
  struct Staged {
    ClEvent done;
    std::vector<unsigned char> bytes;
  };

  Memory allocate(uint64_t bytes);
  void release_staged();
  void flush();

  const FoundDevice& found_;
  DeviceOptions options_;
  sdk::Host host_;
  std::shared_ptr<InFlight> in_flight_;
  Context context_;
  Queue queue_;
  Programs programs_;
  Workshop workshop_;
  Tuner tuner_;
  // Shared by the device's programs, which run one after the other; as large as the largest needs.
  Memory arena_;
  uint64_t arena_bytes_ = 0;
  uint64_t arena_id_ = 0;
  uint64_t last_id_ = 0;
  std::deque<Staged> staged_;
};

/// The backend, for sdk::Adaptor.
struct Backend {
  static constexpr const char* kName = "opencl";
  static constexpr const char* kVersion = SATEEN_VERSION;
  using Device = opencl::Device;
  using Buffer = opencl::Buffer;
  using Event = opencl::Event;
  using Program = opencl::Program;
  static uint32_t device_count();
  static const sateen_device_info& device_info(uint32_t index);
  static std::unique_ptr<Device> open(uint32_t index, sdk::Options options, sdk::Host host);
  static const void* extension(const char* name);
  static const std::string& describe(uint32_t index);
};

}  // namespace sateen::opencl
