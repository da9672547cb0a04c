// An OpenCL driver that lies when it is told to.
//   SHIM_LOSE_KERNEL=N    every Nth kernel is said to run and does not
//   SHIM_RESTLESS=N       every Nth read of 1000 bytes or more has its fifth bit wrong
//   SHIM_STALE_READ=N     from the Nth on a read gives what the buffer's last read gave, or zeros
//   SHIM_TIMES=zero|long  kernels took no time, or a second each
//   SHIM_SHORT_MEMORY=N   buffers above N bytes can't be had
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>

#include "interpose.hpp"

namespace {

using shim::next;
using shim::number;
using shim::variable;

bool is_turn(std::atomic<unsigned long>& count, const char* name) {
  const unsigned long n = number(name);
  return n != 0 && ++count % n == 0;
}

std::atomic<unsigned long> kernels{0}, reads{0}, all_reads{0};
std::mutex mutex;
std::map<cl_mem, std::vector<unsigned char>> last_read;

}  // namespace

extern "C" {

cl_int clEnqueueNDRangeKernel(cl_command_queue queue, cl_kernel kernel, cl_uint dimensions, const size_t* offset,
                              const size_t* global, const size_t* local, cl_uint n_waits, const cl_event* waits,
                              cl_event* event) {
  static const auto kReal = next<decltype(&clEnqueueNDRangeKernel)>("clEnqueueNDRangeKernel");
  if (is_turn(kernels, "SHIM_LOSE_KERNEL")) return clEnqueueMarkerWithWaitList(queue, n_waits, waits, event);
  return kReal(queue, kernel, dimensions, offset, global, local, n_waits, waits, event);
}

cl_int clEnqueueReadBuffer(cl_command_queue queue, cl_mem memory, cl_bool blocking, size_t offset, size_t bytes,
                           void* to, cl_uint n_waits, const cl_event* waits, cl_event* event) {
  static const auto kReal = next<decltype(&clEnqueueReadBuffer)>("clEnqueueReadBuffer");
  const unsigned long from = number("SHIM_STALE_READ");
  const bool stale = from != 0 && ++all_reads >= from;
  const bool restless = bytes >= 1000 && is_turn(reads, "SHIM_RESTLESS");
  const cl_int code =
      kReal(queue, memory, stale || restless ? CL_TRUE : blocking, offset, bytes, to, n_waits, waits, event);
  auto* values = static_cast<unsigned char*>(to);
  // Not of the bytes around a tensor.
  if (restless) values[bytes / 2] ^= 16;
  if (stale) {
    const std::lock_guard<std::mutex> lock(mutex);
    std::vector<unsigned char>& last = last_read[memory];
    last.resize(bytes);
    std::swap_ranges(last.begin(), last.end(), values);
  }
  return code;
}

cl_int clGetEventProfilingInfo(cl_event event, cl_profiling_info what, size_t bytes, void* value, size_t* size) {
  static const auto kReal = next<decltype(&clGetEventProfilingInfo)>("clGetEventProfilingInfo");
  const cl_int code = kReal(event, what, bytes, value, size);
  if (code != CL_SUCCESS || value == nullptr || variable("SHIM_TIMES").empty()) return code;
  const bool is_end = what == CL_PROFILING_COMMAND_END && variable("SHIM_TIMES") == "long";
  *static_cast<cl_ulong*>(value) = is_end ? 1'000'000'000 : 0;
  return code;
}

cl_mem clCreateBuffer(cl_context context, cl_mem_flags flags, size_t bytes, void* host, cl_int* code) {
  static const auto kReal = next<decltype(&clCreateBuffer)>("clCreateBuffer");
  const unsigned long most = number("SHIM_SHORT_MEMORY");
  if (most != 0 && bytes > most) {
    if (code != nullptr) *code = CL_MEM_OBJECT_ALLOCATION_FAILURE;
    return nullptr;
  }
  return kReal(context, flags, bytes, host, code);
}

}  // extern "C"
