// An OpenCL of which the Nth call fails. SHIM_OPENCL:
//   fail:N[:CODE]       call N fails with CODE, such as CL_OUT_OF_HOST_MEMORY; CL_OUT_OF_RESOURCES where none is named
//   fail:NAME.N[:CODE]  the Nth call of this function: what waits asks as often as it takes, so that N alone may differ
//   fail-from:N[:CODE]  call N and every later one: a device that is gone
//   count               none
// Counted from 1 are the calls of the backend alone, not those that CLBlast makes for it or a driver for itself. The
// functions are replaced in front of the loader, where a driver of its own (an ICD) would hear of the calls one level
// further down; what the backend sees is the same, and the real driver below goes on working.
// A call that fails does nothing, but for two kinds: what is to be released is, so that the driver keeps nothing, and
// what waits has waited, since no program could know otherwise when the host's memory is its own again.
// SHIM_LOG: a file that gets lines `calls N` and `objects N` at the end: those that the backend did not release;
// before them, with SHIM_TRACE=1, `call N NAME` for each.
#include <atomic>
#include <cstdlib>
#include <string>

#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>

#include "caller.hpp"
#include "interpose.hpp"

namespace {

using shim::next;

struct Plan {
  Plan() {
    const std::string text = shim::variable("SHIM_OPENCL");
    on = !text.empty();
    fails = shim::part(text, 0) != "count";
    from = shim::part(text, 0) == "fail-from";
    const std::string which = shim::part(text, 1);
    const size_t dot = which.find('.');
    if (dot != std::string::npos) name = which.substr(0, dot);
    turn = std::strtoul(which.c_str() + (dot == std::string::npos ? 0 : dot + 1), nullptr, 10);
    code = code_named(shim::part(text, 2));
    trace = shim::number("SHIM_TRACE") != 0;
  }

  static cl_int code_named(const std::string& name) {
    if (name == "CL_OUT_OF_HOST_MEMORY") return CL_OUT_OF_HOST_MEMORY;
    if (name == "CL_MEM_OBJECT_ALLOCATION_FAILURE") return CL_MEM_OBJECT_ALLOCATION_FAILURE;
    if (name == "CL_DEVICE_NOT_AVAILABLE") return CL_DEVICE_NOT_AVAILABLE;
    if (name == "CL_INVALID_VALUE") return CL_INVALID_VALUE;
    return CL_OUT_OF_RESOURCES;
  }

  bool on = false, fails = false, from = false, trace = false;
  std::string name;  ///< of the calls that are counted towards turn; empty: all
  unsigned long turn = 0;
  cl_int code = CL_SUCCESS;
};

std::atomic<unsigned long> calls{0};
std::atomic<unsigned long> named_calls{0};
std::atomic<long> objects{0};

const Plan& plan() {
  static const Plan kPlan;
  return kPlan;
}

bool is_counted(void* caller) {
  return plan().on && shim::owner_of(caller) == shim::Owner::kOurs;
}

/// What this call is to give, CL_SUCCESS where it goes its way.
cl_int fault(const char* name, void* caller) {
  if (!is_counted(caller)) return CL_SUCCESS;
  const unsigned long number = ++calls;
  if (plan().trace) shim::note("call " + std::to_string(number) + " " + name);
  if (!plan().name.empty() && plan().name != name) return CL_SUCCESS;
  const unsigned long counted = plan().name.empty() ? number : ++named_calls;
  const bool turn = counted == plan().turn || (plan().from && counted > plan().turn);
  return plan().fails && turn ? plan().code : CL_SUCCESS;
}

/// A call that gives a code.
template <typename F, typename... A>
cl_int call(const char* name, void* caller, A... arguments) {
  const cl_int code = fault(name, caller);
  return code != CL_SUCCESS ? code : next<F>(name)(arguments...);
}

/// The same where it takes effect though it fails.
template <typename F, typename... A>
cl_int call_anyway(const char* name, void* caller, A... arguments) {
  const cl_int code = fault(name, caller);
  const cl_int real = next<F>(name)(arguments...);
  return code != CL_SUCCESS ? code : real;
}

template <typename F, typename... A>
cl_int release(const char* name, void* caller, A... arguments) {
  if (is_counted(caller)) --objects;
  return call_anyway<F>(name, caller, arguments...);
}

/// A call that makes an object and gives its code through the last argument.
template <typename F, typename... A>
auto make(const char* name, void* caller, cl_int* code, A... arguments) {
  const cl_int wrong = fault(name, caller);
  if (wrong != CL_SUCCESS && code != nullptr) *code = wrong;
  auto* object = wrong != CL_SUCCESS ? nullptr : next<F>(name)(arguments..., code);
  if (object != nullptr && is_counted(caller)) ++objects;
  return object;
}

/// A call that makes an event where one is asked for.
template <typename F, typename... A>
cl_int enqueue(const char* name, void* caller, cl_event* event, A... arguments) {
  const cl_int code = call<F>(name, caller, arguments..., event);
  if (code == CL_SUCCESS && event != nullptr && is_counted(caller)) ++objects;
  return code;
}

[[gnu::destructor]] void tell() {
  if (!plan().on || calls == 0) return;
  shim::note("calls " + std::to_string(calls));
  shim::note("objects " + std::to_string(objects));
}

}  // namespace

#define ANSWER(how, function, ...) how<decltype(&function)>(#function, __builtin_return_address(0), __VA_ARGS__)

extern "C" {

cl_int clGetPlatformIDs(cl_uint n, cl_platform_id* platforms, cl_uint* count) {
  return ANSWER(call, clGetPlatformIDs, n, platforms, count);
}

cl_int clGetPlatformInfo(cl_platform_id platform, cl_platform_info what, size_t bytes, void* value, size_t* size) {
  return ANSWER(call, clGetPlatformInfo, platform, what, bytes, value, size);
}

cl_int clGetDeviceIDs(cl_platform_id platform, cl_device_type type, cl_uint n, cl_device_id* devices, cl_uint* count) {
  return ANSWER(call, clGetDeviceIDs, platform, type, n, devices, count);
}

cl_int clGetDeviceInfo(cl_device_id device, cl_device_info what, size_t bytes, void* value, size_t* size) {
  return ANSWER(call, clGetDeviceInfo, device, what, bytes, value, size);
}

cl_context clCreateContext(const cl_context_properties* properties, cl_uint n, const cl_device_id* devices,
                           void(CL_CALLBACK* notify)(const char*, const void*, size_t, void*), void* data,
                           cl_int* code) {
  return ANSWER(make, clCreateContext, code, properties, n, devices, notify, data);
}

cl_command_queue clCreateCommandQueue(cl_context context, cl_device_id device, cl_command_queue_properties properties,
                                      cl_int* code) {
  return ANSWER(make, clCreateCommandQueue, code, context, device, properties);
}

cl_int clGetCommandQueueInfo(cl_command_queue queue, cl_command_queue_info what, size_t bytes, void* value,
                             size_t* size) {
  return ANSWER(call, clGetCommandQueueInfo, queue, what, bytes, value, size);
}

cl_mem clCreateBuffer(cl_context context, cl_mem_flags flags, size_t bytes, void* host, cl_int* code) {
  return ANSWER(make, clCreateBuffer, code, context, flags, bytes, host);
}

cl_mem clCreateSubBuffer(cl_mem buffer, cl_mem_flags flags, cl_buffer_create_type type, const void* info,
                         cl_int* code) {
  return ANSWER(make, clCreateSubBuffer, code, buffer, flags, type, info);
}

cl_program clCreateProgramWithSource(cl_context context, cl_uint count, const char** strings, const size_t* lengths,
                                     cl_int* code) {
  return ANSWER(make, clCreateProgramWithSource, code, context, count, strings, lengths);
}

cl_program clCreateProgramWithBinary(cl_context context, cl_uint n, const cl_device_id* devices, const size_t* lengths,
                                     const unsigned char** binaries, cl_int* states, cl_int* code) {
  return ANSWER(make, clCreateProgramWithBinary, code, context, n, devices, lengths, binaries, states);
}

cl_int clBuildProgram(cl_program program, cl_uint n, const cl_device_id* devices, const char* options,
                      void(CL_CALLBACK* notify)(cl_program, void*), void* data) {
  return ANSWER(call, clBuildProgram, program, n, devices, options, notify, data);
}

cl_int clGetProgramInfo(cl_program program, cl_program_info what, size_t bytes, void* value, size_t* size) {
  return ANSWER(call, clGetProgramInfo, program, what, bytes, value, size);
}

cl_int clGetProgramBuildInfo(cl_program program, cl_device_id device, cl_program_build_info what, size_t bytes,
                             void* value, size_t* size) {
  return ANSWER(call, clGetProgramBuildInfo, program, device, what, bytes, value, size);
}

cl_kernel clCreateKernel(cl_program program, const char* name, cl_int* code) {
  return ANSWER(make, clCreateKernel, code, program, name);
}

cl_int clSetKernelArg(cl_kernel kernel, cl_uint index, size_t bytes, const void* value) {
  return ANSWER(call, clSetKernelArg, kernel, index, bytes, value);
}

cl_int clGetKernelWorkGroupInfo(cl_kernel kernel, cl_device_id device, cl_kernel_work_group_info what, size_t bytes,
                                void* value, size_t* size) {
  return ANSWER(call, clGetKernelWorkGroupInfo, kernel, device, what, bytes, value, size);
}

cl_int clEnqueueNDRangeKernel(cl_command_queue queue, cl_kernel kernel, cl_uint dimensions, const size_t* offset,
                              const size_t* global, const size_t* local, cl_uint n_waits, const cl_event* waits,
                              cl_event* event) {
  return ANSWER(enqueue, clEnqueueNDRangeKernel, event, queue, kernel, dimensions, offset, global, local, n_waits,
                waits);
}

cl_int clEnqueueReadBuffer(cl_command_queue queue, cl_mem buffer, cl_bool blocking, size_t offset, size_t bytes,
                           void* host, cl_uint n_waits, const cl_event* waits, cl_event* event) {
  return ANSWER(enqueue, clEnqueueReadBuffer, event, queue, buffer, blocking, offset, bytes, host, n_waits, waits);
}

cl_int clEnqueueWriteBuffer(cl_command_queue queue, cl_mem buffer, cl_bool blocking, size_t offset, size_t bytes,
                            const void* host, cl_uint n_waits, const cl_event* waits, cl_event* event) {
  return ANSWER(enqueue, clEnqueueWriteBuffer, event, queue, buffer, blocking, offset, bytes, host, n_waits, waits);
}

cl_int clEnqueueMarkerWithWaitList(cl_command_queue queue, cl_uint n_waits, const cl_event* waits, cl_event* event) {
  return ANSWER(enqueue, clEnqueueMarkerWithWaitList, event, queue, n_waits, waits);
}

cl_int clGetEventInfo(cl_event event, cl_event_info what, size_t bytes, void* value, size_t* size) {
  return ANSWER(call, clGetEventInfo, event, what, bytes, value, size);
}

cl_int clGetEventProfilingInfo(cl_event event, cl_profiling_info what, size_t bytes, void* value, size_t* size) {
  return ANSWER(call, clGetEventProfilingInfo, event, what, bytes, value, size);
}

cl_int clFlush(cl_command_queue queue) {
  return ANSWER(call, clFlush, queue);
}

cl_int clFinish(cl_command_queue queue) {
  return ANSWER(call_anyway, clFinish, queue);
}

cl_int clWaitForEvents(cl_uint n, const cl_event* events) {
  return ANSWER(call_anyway, clWaitForEvents, n, events);
}

cl_int clReleaseEvent(cl_event event) {
  return ANSWER(release, clReleaseEvent, event);
}

cl_int clReleaseKernel(cl_kernel kernel) {
  return ANSWER(release, clReleaseKernel, kernel);
}

cl_int clReleaseProgram(cl_program program) {
  return ANSWER(release, clReleaseProgram, program);
}

cl_int clReleaseMemObject(cl_mem memory) {
  return ANSWER(release, clReleaseMemObject, memory);
}

cl_int clReleaseCommandQueue(cl_command_queue queue) {
  return ANSWER(release, clReleaseCommandQueue, queue);
}

cl_int clReleaseContext(cl_context context) {
  return ANSWER(release, clReleaseContext, context);
}

}  // extern "C"
