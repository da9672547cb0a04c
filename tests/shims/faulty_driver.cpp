// An OpenCL driver that fails when it is told to. Kernels are counted as they are enqueued, from 1.
//   SHIM_FAIL_KERNEL=N    kernel N is taken, and its event then ends with CL_OUT_OF_RESOURCES
//   SHIM_REFUSE_KERNEL=N  kernel N is refused with CL_OUT_OF_RESOURCES
//   SHIM_REFUSE_BINARY=1  no program can be made from a binary
//   SHIM_FAIL_BUILDS=N    the first N builds of programs end with CL_BUILD_PROGRAM_FAILURE
// SHIM_LOG: a file that gets a line for each program that is made: "source" or "binary".
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>

#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>

#include "interpose.hpp"

namespace {

using shim::next;
using shim::note;
using shim::number;

std::atomic<unsigned long> kernels{0};
std::atomic<unsigned long> builds{0};
std::atomic<cl_event> failed{nullptr};

}  // namespace

extern "C" {

cl_int clEnqueueNDRangeKernel(cl_command_queue queue, cl_kernel kernel, cl_uint dimensions, const size_t* offset,
                              const size_t* global, const size_t* local, cl_uint n_waits, const cl_event* waits,
                              cl_event* event) {
  static const auto kReal = next<decltype(&clEnqueueNDRangeKernel)>("clEnqueueNDRangeKernel");
  const unsigned long count = ++kernels;
  if (count == number("SHIM_REFUSE_KERNEL")) return CL_OUT_OF_RESOURCES;
  const cl_int code = kReal(queue, kernel, dimensions, offset, global, local, n_waits, waits, event);
  if (code == CL_SUCCESS && event != nullptr && count == number("SHIM_FAIL_KERNEL")) failed = *event;
  return code;
}

cl_int clGetEventInfo(cl_event event, cl_event_info what, size_t bytes, void* value, size_t* size) {
  static const auto kReal = next<decltype(&clGetEventInfo)>("clGetEventInfo");
  const cl_int code = kReal(event, what, bytes, value, size);
  if (code == CL_SUCCESS && event == failed && what == CL_EVENT_COMMAND_EXECUTION_STATUS && value != nullptr) {
    cl_int& state = *static_cast<cl_int*>(value);
    if (state == CL_COMPLETE) state = CL_OUT_OF_RESOURCES;
  }
  return code;
}

cl_program clCreateProgramWithSource(cl_context context, cl_uint count, const char** strings, const size_t* lengths,
                                     cl_int* code) {
  static const auto kReal = next<decltype(&clCreateProgramWithSource)>("clCreateProgramWithSource");
  note("source");
  return kReal(context, count, strings, lengths, code);
}

cl_program clCreateProgramWithBinary(cl_context context, cl_uint count, const cl_device_id* devices,
                                     const size_t* lengths, const unsigned char** binaries, cl_int* states,
                                     cl_int* code) {
  static const auto kReal = next<decltype(&clCreateProgramWithBinary)>("clCreateProgramWithBinary");
  note("binary");
  if (number("SHIM_REFUSE_BINARY") != 0) {
    if (code != nullptr) *code = CL_INVALID_BINARY;
    return nullptr;
  }
  return kReal(context, count, devices, lengths, binaries, states, code);
}

cl_int clBuildProgram(cl_program program, cl_uint count, const cl_device_id* devices, const char* options,
                      void(CL_CALLBACK* done)(cl_program, void*), void* user) {
  static const auto kReal = next<decltype(&clBuildProgram)>("clBuildProgram");
  if (++builds <= number("SHIM_FAIL_BUILDS")) return CL_BUILD_PROGRAM_FAILURE;
  return kReal(program, count, devices, options, done, user);
}

}  // extern "C"
