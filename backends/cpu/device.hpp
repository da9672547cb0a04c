// The CPU as a device: memory, threads, and a queue in which everything is done when a call returns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include "kernels/kernel_table.h"
#include "memory.hpp"
#include "program.hpp"
#include "sateen/sdk/adaptor.hpp"

namespace sateen::cpu {

using Buffer = sdk::HostBuffer;
using Event = sdk::DoneEvent;

class Device : public sdk::HostDevice {
 public:
  Device(const KernelTable& kernels, int threads, bool profile, sdk::Host host);

  std::string unsupported(const sdk::GraphView& graph, const sdk::Op& op) const;
  std::unique_ptr<Program> compile(const sdk::GraphView& graph);
  void run(Program& program, const sdk::Bound<Buffer>* bound, size_t n) { run_stage(program, bound, n, 0, SIZE_MAX); }
  void run_stage(Program& program, const sdk::Bound<Buffer>* bound, size_t n, size_t first, size_t last);
  std::string describe() const;
  sdk::PeakRates measure_peak();

 private:
  const KernelTable& kernels_;
  int threads_;
  bool profile_;
  std::optional<tbb::global_control> more_threads_;  // where the user asks for more than TBB would start
  tbb::task_arena threads_arena_;
  // Shared by the device's programs, which run one at a time; as large as the largest needs.
  Memory arena_;
  Memory thread_scratch_;
};

/// The backend, for sdk::Adaptor.
struct Backend {
  static constexpr const char* kName = "cpu";
  static constexpr const char* kVersion = SATEEN_VERSION;
  using Device = cpu::Device;
  using Buffer = cpu::Buffer;
  using Event = cpu::Event;
  using Program = cpu::Program;
  static uint32_t device_count() { return 1; }
  static const sateen_device_info& device_info(uint32_t index);
  static std::unique_ptr<Device> open(uint32_t index, sdk::Options options, sdk::Host host);
  static const std::string& describe(uint32_t index);
};

}  // namespace sateen::cpu
