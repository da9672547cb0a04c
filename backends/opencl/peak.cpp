// What a device can do at the most, by its own kernels.
#include "peak.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace sateen::opencl {

namespace {

constexpr const char* kFile = "peak.cl";

Memory allocate(cl_context context, uint64_t bytes) {
  cl_int code = CL_SUCCESS;
  Memory memory(driver().create_buffer(context, bytes, &code));
  if (code == CL_OUT_OF_RESOURCES) code = CL_MEM_OBJECT_ALLOCATION_FAILURE;
  check(code, "memory to measure the peak with: clCreateBuffer");
  return memory;
}

/// One of the kernels, in the groups that the device's own tuning has.
class PeakKernel {
 public:
  PeakKernel(const Workshop& workshop, const char* name)
      : workshop_(workshop),
        kernel_(workshop.programs.kernel(kFile, name)),
        record_(std::make_shared<OpRecord>(sdk::text("measuring the peak: ", name))) {
    size_t most = 1;
    check(
        driver().kernel_work_group_info(kernel_.get(), workshop.device, CL_KERNEL_WORK_GROUP_SIZE, sizeof most, &most),
        "clGetKernelWorkGroupInfo");
    group_ = std::max<size_t>(std::min(workshop.tuning.group, most), 1);
  }

  void buffer(cl_uint index, const Memory& memory) {
    cl_mem handle = memory.get();
    set(index, &handle, sizeof(cl_mem));
  }
  void number(cl_uint index, uint64_t value) {
    const auto n = static_cast<cl_int>(value);
    set(index, &n, sizeof n);
  }
  void real(cl_uint index, cl_float value) { set(index, &value, sizeof value); }

  size_t rounded(size_t items) const { return (items + group_ - 1) / group_ * group_; }

  void run(size_t items) {
    const size_t global = rounded(items);
    InFlight in_flight(Timing::kNone);
    ClEvent done;
    check(driver().enqueue_kernel(workshop_.queue, kernel_.get(), 1, &global, &group_, done.out()), record_->name);
    in_flight.add(std::move(done), record_);
    const cl_int code = clFinish(workshop_.queue);
    if (code != CL_SUCCESS) in_flight.fail(code);
    in_flight.collect();
  }

 private:
  void set(cl_uint index, const void* value, size_t bytes) {
    check(clSetKernelArg(kernel_.get(), index, bytes, value), "measuring the peak: clSetKernelArg");
  }

  const Workshop& workshop_;
  Kernel kernel_;
  std::shared_ptr<OpRecord> record_;
  size_t group_ = 1;
};

/// Enough work-items for every unit: a CPU's take turns, a GPU's hide each other's latency.
size_t busy_items(const Workshop& workshop) {
  constexpr size_t kOfCpuUnit = 8;
  constexpr size_t kOfGpuUnit = 2048;
  const size_t units = std::max<cl_uint>(device_number<cl_uint>(workshop.device, CL_DEVICE_MAX_COMPUTE_UNITS), 1);
  return units * (workshop.tuning.for_gpu() ? kOfGpuUnit : kOfCpuUnit);
}

/// CHAINS of kernels/peak.cl.
int chains(int lanes) {
  if (lanes == 16) return 24;
  return lanes == 8 ? 12 : 8;
}

double measure_flops(PeakKernel kernel, size_t items, const Memory& sums, int lanes) {
  kernel.buffer(0, sums);
  // 1 is where x · factor + term stands still: no chain runs to infinity or to the slow numbers next to 0.
  kernel.real(1, 0.5F);
  kernel.real(2, 0.5F);
  const double rounds = sdk::best_rate(
      [&](uint64_t n) {
        kernel.number(3, n);
        kernel.run(items);
      },
      16, uint64_t{1} << 30);
  return 2 * rounds * static_cast<double>(items) * chains(lanes) * lanes;
}

constexpr uint64_t kLeastCopied = uint64_t{64} << 10;

double measure_memory(const Workshop& workshop, const Memory& src, const Memory& dst, uint64_t most) {
  PeakKernel fill(workshop, "fill");
  PeakKernel copy(workshop, "copy");
  fill.buffer(0, src);
  copy.buffer(0, src);
  copy.buffer(1, dst);
  const auto lanes = static_cast<uint64_t>(workshop.tuning.lanes);
  uint64_t sized_for = 0;
  size_t items = 1;
  const double bytes = sdk::best_rate(
      [&](uint64_t n) {
        if (n != sized_for) {
          const uint64_t floats = n / sizeof(float);
          const uint64_t vectors = floats / lanes;
          // A GPU's neighbours read side by side, a CPU's work-items stretches.
          const uint64_t span = workshop.tuning.for_gpu() ? 1 : std::max<uint64_t>(vectors / busy_items(workshop), 1);
          items = (vectors + span - 1) / span;
          copy.number(2, floats);
          copy.number(3, span);
          // Pages that were never written may all be one page of zeros.
          fill.number(1, floats);
          fill.number(2, span);
          fill.run(items);
          sized_for = n;
        }
        copy.run(items);
      },
      kLeastCopied, most);
  return 2 * bytes;
}

}  // namespace

sdk::PeakRates measure_peak(cl_context context, const Workshop& workshop, uint64_t memory_bytes, uint64_t largest) {
  constexpr uint64_t kMost = uint64_t{1} << 30;  // beyond the caches of today
  const uint64_t most = std::max(std::min({kMost, memory_bytes / 8, largest}), kLeastCopied);
  PeakKernel multiply_adds(workshop, "multiply_adds");
  const size_t items = multiply_adds.rounded(busy_items(workshop));
  // None is freed before the end, since what Oclgrind knows of a buffer outlives it.
  const Memory sums = allocate(context, items * sizeof(float));
  const Memory src = allocate(context, most);
  const Memory dst = allocate(context, most);
  sdk::PeakRates rates;
  rates.flops = measure_flops(std::move(multiply_adds), items, sums, workshop.tuning.lanes);
  rates.bytes_per_second = measure_memory(workshop, src, dst, most);
  return rates;
}

}  // namespace sateen::opencl
