// An open OpenCL device.
#include "device.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <thread>
#include <utility>

#include "cache_folder.hpp"
#include "clblast.hpp"
#include "kernel_source.hpp"
#include "op_table.hpp"
#include "peak.hpp"

namespace sateen::opencl {

namespace {

Context make_context(const FoundDevice& found) {
  const cl_context_properties properties[] = {CL_CONTEXT_PLATFORM,
                                              reinterpret_cast<cl_context_properties>(found.platform), 0};
  cl_int code = CL_SUCCESS;
  Context context(clCreateContext(properties, 1, &found.device, nullptr, nullptr, &code));
  check(code, "clCreateContext");
  return context;
}

Queue make_queue(cl_context context, cl_device_id device, bool events) {
  cl_int code = CL_SUCCESS;
  Queue queue(driver().create_queue(context, device, events ? CL_QUEUE_PROFILING_ENABLE : 0, &code));
  check(code, "clCreateCommandQueue");
  return queue;
}

Timing timing(cl_device_id device, bool profile) {
  if (!profile) return Timing::kNone;
  const auto properties = device_number<cl_command_queue_properties>(device, CL_DEVICE_QUEUE_PROPERTIES);
  return (properties & CL_QUEUE_PROFILING_ENABLE) != 0 ? Timing::kEvents : Timing::kClock;
}

/// Empty where nothing is kept.
std::filesystem::path cache_folder(const sdk::Host& host) {
  const std::string folder = host.cache_folder();
  return folder.empty() ? std::filesystem::path() : std::filesystem::path(folder) / "opencl";
}

/// What a measurement depends on, besides the operation.
std::string tuning_key(const FoundDevice& found, const DeviceOptions& options, const GemmChoice& gemm,
                       const Programs& programs) {
  return sdk::text("tuning 1\n", programs.key(), "group ", options.tuning.group, "\nunits ",
                   device_number<cl_uint>(found.device, CL_DEVICE_MAX_COMPUTE_UNITS), "\ngemm ", gemm.name(), "\n",
                   cache_name(all_kernel_sources()));
}

Tuner make_tuner(const FoundDevice& found, const DeviceOptions& options, const Programs& programs,
                 const sdk::Host& host) {
  GemmChoice gemm(options.gemm, options.tuning.for_gpu(), host);
  TuningRecord record(cache_folder(host), tuning_key(found, options, gemm, programs), host);
  return {options.tune, std::move(gemm), std::move(record), host};
}

/// Where a sub-group has 16 or 32 work-items that share a fixed file of registers, compilers may choose 32, and keep in
/// memory what has no room: 16 is asked for. 0 where no device's sub-group is like that.
size_t sub_group_for(cl_device_id device, const Tuning& tuning) {
  std::array<size_t, 16> sizes{};
  size_t bytes = 0;
  if (!tuning.for_gpu() ||
      device_text(device, CL_DEVICE_EXTENSIONS).find("cl_intel_required_subgroup_size") == std::string::npos ||
      driver().device_info(device, CL_DEVICE_SUB_GROUP_SIZES_INTEL, sizeof sizes, sizes.data(), &bytes) != CL_SUCCESS) {
    return 0;
  }
  const size_t n = std::min(bytes / sizeof(size_t), sizes.size());
  const size_t least = n == 0 ? 0 : *std::min_element(sizes.begin(), sizes.begin() + n);
  return least == 16 ? least : 0;
}

std::string options_for(cl_device_id device, const Tuning& tuning) {
  const auto single = device_number<cl_device_fp_config>(device, CL_DEVICE_SINGLE_FP_CONFIG);
  return compiler_options(tuning, (single & CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT) != 0, sub_group_for(device, tuning));
}

}  // namespace

bool Event::wait(uint64_t timeout_ns) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point begin = Clock::now();
  std::chrono::nanoseconds pause = std::chrono::microseconds(5);
  for (;;) {
    cl_int state = CL_QUEUED;
    const cl_int code = clGetEventInfo(event_.get(), CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof state, &state, nullptr);
    if (code != CL_SUCCESS) in_flight_->fail(code);
    if (state < 0) in_flight_->fail(state);
    if (state == CL_COMPLETE) {
      in_flight_->collect();  // what came before it may have failed
      return true;
    }
    if (timeout_ns == std::numeric_limits<uint64_t>::max()) {
      const cl_event events[] = {event_.get()};
      const cl_int waited = clWaitForEvents(1, events);
      if (waited != CL_SUCCESS && waited != CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST) in_flight_->fail(waited);
      continue;
    }
    const auto gone =
        static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begin).count());
    if (gone >= timeout_ns) return false;
    const auto left = std::chrono::nanoseconds(
        static_cast<int64_t>(std::min<uint64_t>(timeout_ns - gone, std::numeric_limits<int64_t>::max())));
    std::this_thread::sleep_for(std::min(pause, left));
    pause = std::min<std::chrono::nanoseconds>(pause * 2, std::chrono::milliseconds(1));
  }
}

Device::Device(const FoundDevice& found, const DeviceOptions& options, sdk::Host host)
    : found_(found),
      options_(options),
      host_(host),
      in_flight_(std::make_shared<InFlight>(timing(found.device, options.profile))),
      context_(make_context(found)),
      queue_(make_queue(context_.get(), found.device, in_flight_->timing() == Timing::kEvents)),
      programs_(context_.get(), found, options_for(found.device, options.tuning),
                ProgramCache(cache_folder(host), host)),
      workshop_{options_.tuning,
                programs_,
                found.device,
                queue_.get(),
                found.info.alignment,
                options.variant,
                found.info.max_allocation_bytes},
      tuner_(make_tuner(found, options, programs_, host)) {
  host_.log(SATEEN_LOG_DEBUG, sdk::text("opencl: ", found.info.name, ", ", found.info.driver, ", kernels with ",
                                        options.tuning.compiler_options()));
  if (in_flight_->timing() == Timing::kClock) {
    host_.log(SATEEN_LOG_INFO, sdk::text("opencl: the driver of ", found.info.name,
                                         " takes no times; each operation is waited for, by the host's clock"));
  }
}

Device::~Device() {
  const bool finished = clFinish(queue_.get()) == CL_SUCCESS;
  clblast_forget();
  if (!finished) return;
  try {
    programs_.store();
  } catch (...) {  // without memory for it they are built again at the next start
  }
}

Memory Device::allocate(uint64_t bytes) {
  if (bytes > std::numeric_limits<size_t>::max() || bytes > found_.info.max_allocation_bytes) {
    throw sdk::too_large(bytes, found_.info.max_allocation_bytes);
  }
  cl_int code = CL_SUCCESS;
  Memory memory(driver().create_buffer(context_.get(), bytes, &code));
  if (code == CL_OUT_OF_RESOURCES) code = CL_MEM_OBJECT_ALLOCATION_FAILURE;
  check(code, sdk::text("a buffer of ", sdk::mebibytes(bytes), " MiB: clCreateBuffer"));
  return memory;
}

std::unique_ptr<Buffer> Device::create_buffer(uint64_t bytes) {
  return std::make_unique<Buffer>(Buffer{allocate(bytes), ++last_id_});
}

void Device::release_staged() {
  while (!staged_.empty()) {
    cl_int state = CL_QUEUED;
    check(clGetEventInfo(staged_.front().done.get(), CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof state, &state, nullptr),
          "clGetEventInfo");
    if (state > CL_COMPLETE) return;
    if (state < 0) in_flight_->fail(state);
    staged_.pop_front();
  }
}

void Device::write(Buffer& dst, uint64_t offset, const void* src, uint64_t n) {
  constexpr uint64_t kMostStaged = uint64_t{1} << 20;  // larger ones wait for the queue rather than be copied twice
  release_staged();
  if (n > kMostStaged) {
    const cl_int code =
        clEnqueueWriteBuffer(queue_.get(), dst.memory.get(), CL_TRUE, offset, n, src, 0, nullptr, nullptr);
    if (code != CL_SUCCESS) in_flight_->fail(code);
    return;
  }
  const auto* bytes = static_cast<const unsigned char*>(src);
  Staged& staged = staged_.emplace_back(Staged{{}, {bytes, bytes + n}});
  const cl_int code = clEnqueueWriteBuffer(queue_.get(), dst.memory.get(), CL_FALSE, offset, n, staged.bytes.data(), 0,
                                           nullptr, staged.done.out());
  if (code == CL_SUCCESS) return;
  staged_.pop_back();
  check(code, "clEnqueueWriteBuffer");
}

void Device::read(void* dst, const Buffer& src, uint64_t offset, uint64_t n) {
  const cl_int code = clEnqueueReadBuffer(queue_.get(), src.memory.get(), CL_TRUE, offset, n, dst, 0, nullptr, nullptr);
  if (code != CL_SUCCESS) in_flight_->fail(code);
  in_flight_->collect();
}

std::unique_ptr<Event> Device::read_async(void* dst, const Buffer& src, uint64_t offset, uint64_t n) {
  auto event = std::make_unique<Event>(in_flight_);
  check(clEnqueueReadBuffer(queue_.get(), src.memory.get(), CL_FALSE, offset, n, dst, 0, nullptr, event->out()),
        "clEnqueueReadBuffer");
  flush();
  return event;
}

std::unique_ptr<Event> Device::mark() {
  auto event = std::make_unique<Event>(in_flight_);
  check(clEnqueueMarkerWithWaitList(queue_.get(), 0, nullptr, event->out()), "clEnqueueMarkerWithWaitList");
  flush();
  return event;
}

std::string Device::unsupported(const sdk::GraphView& graph, const sdk::Op& op) {
  constexpr uint64_t kMost = std::numeric_limits<int32_t>::max();
  const Ops::Maker make = sdk::find_maker<Ops>(op.kind);
  if (make == nullptr) return sdk::kNoSuchOperation;
  for (const auto* places : {&op.src, &op.dst}) {
    for (const uint32_t t : *places) {
      if (t == SATEEN_NONE) continue;
      const sdk::Tensor& tensor = graph.tensors()[t];
      // A data set may be larger: it is counted in samples.
      const auto samples = static_cast<uint64_t>(tensor.dim[0]);
      const bool data = (op.kind == SATEEN_OP_GATHER || op.kind == SATEEN_OP_AUGMENT) && t == op.src[0];
      if (data ? samples > kMost || tensor.elements / samples > kMost : tensor.elements > kMost) {
        return sdk::text("a tensor of ", tensor.elements, " elements is larger than the kernels count");
      }
    }
  }
  // What is packed or padded on the way may be larger than any tensor: only preparing it tells.
  std::vector<sdk::ArenaRequest> requests(graph.storages().size());
  std::vector<Call> calls;
  Group alone;
  alone.first = alone.last = static_cast<size_t>(&op - graph.ops().data());
  Workshop judging = workshop_;
  judging.judging = true;
  StepBuilder builder(graph, alone, judging, requests, calls, "");
  try {
    make(builder);
  } catch (const sdk::Failure& failure) {
    if (failure.status() != SATEEN_UNSUPPORTED) throw;
    return failure.what();
  }
  return {};
}

std::unique_ptr<Program> Device::compile(const sdk::GraphView& graph) {
  auto program = std::make_unique<Program>(graph, workshop_, tuner_.choose(graph, context_.get(), workshop_));
  if (program->arena_bytes() > arena_bytes_) {
    Memory larger = allocate(program->arena_bytes());
    // Drivers allocate when memory is first used: better now than in a run. Reading a byte uses it, and writes nothing
    // that would hide from a checker what a kernel reads too early.
    cl_uchar byte = 0;
    const cl_int code = clEnqueueReadBuffer(queue_.get(), larger.get(), CL_TRUE, program->arena_bytes() - 1,
                                            sizeof byte, &byte, 0, nullptr, nullptr);
    check(code == CL_OUT_OF_RESOURCES ? CL_MEM_OBJECT_ALLOCATION_FAILURE : code, "memory for intermediate values");
    finish();
    arena_ = std::move(larger);
    arena_id_ = ++last_id_;
    arena_bytes_ = program->arena_bytes();
  }
  return program;
}

void Device::run_stage(Program& program, const sdk::Bound<Buffer>* bound, size_t n, size_t first, size_t last) {
  in_flight_->collect();
  release_staged();
  for (size_t i = 0; i < n; ++i) {
    program.bind(i, bound[i].buffer->memory.get(), bound[i].offset, bound[i].buffer->id);
  }
  program.run(queue_.get(), {arena_.get(), arena_id_}, *in_flight_, options_.sync, {first, last});
  flush();
}

void Device::flush() {
  const cl_int code = clFlush(queue_.get());
  if (code != CL_SUCCESS) in_flight_->fail(code);
}

std::string Device::describe() const {
  const char* times = in_flight_->timing() == Timing::kNone     ? "not taken"
                      : in_flight_->timing() == Timing::kEvents ? "the driver's"
                                                                : "the host's clock, since the driver takes none";
  return sdk::text("kernels: ", options_.tuning.compiler_options(), "\nlargest_group_used: ", options_.tuning.group,
                   "\ngemm: ", tuner_.gemm().describe(), "\ntimes: ", times, "\n", programs_.describe());
}

sdk::PeakRates Device::measure_peak() {
  return opencl::measure_peak(context_.get(), workshop_, found_.info.memory_bytes, found_.info.max_allocation_bytes);
}

void Device::finish() {
  const cl_int code = clFinish(queue_.get());
  if (code != CL_SUCCESS) in_flight_->fail(code);
  in_flight_->collect();
  release_staged();
}

}  // namespace sateen::opencl
