// The CPU as a device.
#include "device.hpp"

#include <utility>

#include <tbb/info.h>

#include "info.hpp"
#include "op_table.hpp"

namespace sateen::cpu {

Device::Device(const KernelTable& kernels, int threads, bool profile, sdk::Host host)
    : kernels_(kernels), threads_(threads), profile_(profile), threads_arena_(threads) {
  if (threads > tbb::info::default_concurrency()) {
    more_threads_.emplace(tbb::global_control::max_allowed_parallelism, static_cast<size_t>(threads));
  }
  host.log(SATEEN_LOG_DEBUG,
           sdk::text("cpu: ", cpu_info().name, ", ", threads, threads == 1 ? " thread, " : " threads, ", kernels.name));
}

std::string Device::unsupported(const sdk::GraphView& /*graph*/, const sdk::Op& op) const {
  return sdk::find_maker<Ops>(op.kind) != nullptr ? "" : sdk::kNoSuchOperation;
}

std::unique_ptr<Program> Device::compile(const sdk::GraphView& graph) {
  auto program = std::make_unique<Program>(graph, kernels_, profile_);
  const uint64_t scratch = sdk::checked_mul(program->thread_scratch_bytes(), static_cast<uint64_t>(threads_));
  const uint64_t all = sdk::checked_add(program->arena_bytes(), scratch);
  if (all > cpu_info().memory_bytes) {
    throw sdk::Failure(SATEEN_NO_MEMORY, sdk::text("the graph needs ", all >> 20,
                                                   " MiB for intermediate values; there "
                                                   "are ",
                                                   cpu_info().memory_bytes >> 20));
  }
  arena_.reserve(program->arena_bytes());
  thread_scratch_.reserve(scratch);
  return program;
}

void Device::run_stage(Program& program, const sdk::Bound<Buffer>* bound, size_t n, size_t first, size_t last) {
  for (size_t i = 0; i < n; ++i) program.bind(i, bound[i].buffer->memory.data() + bound[i].offset);
  threads_arena_.execute([&] { program.run(arena_.data(), thread_scratch_.data(), first, last); });
}

std::string Device::describe() const {
  return sdk::text("threads: ", threads_, "\ninstruction_set: ", kernels_.name, "\ngemm: own kernels\n");
}

const std::string& Backend::describe(uint32_t /*index*/) {
  static const std::string kText = sdk::text("processors: ", tbb::info::default_concurrency(),
                                             "\nbest_instruction_set: ", find_kernels("auto").name, "\n");
  return kText;
}

const sateen_device_info& Backend::device_info(uint32_t /*index*/) {
  return cpu_info();
}

std::unique_ptr<Device> Backend::open(uint32_t /*index*/, sdk::Options options, sdk::Host host) {
  const int64_t threads = options.take_number("threads", 1, 1024, tbb::info::default_concurrency());
  const KernelTable& kernels = find_kernels(options.take("isa", "auto"));
  const bool profile = options.take_flag("profile");
  options.finish();
  return std::make_unique<Device>(kernels, static_cast<int>(threads), profile, host);
}

}  // namespace sateen::cpu

extern "C" const sateen_backend* sateen_cpu_entry(uint32_t host_major, uint32_t host_minor);
extern "C" const sateen_backend* sateen_cpu_entry(uint32_t host_major, uint32_t host_minor) {
  return sateen::sdk::Adaptor<sateen::cpu::Backend>::entry(host_major, host_minor);
}
