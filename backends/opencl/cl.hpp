// OpenCL's handles as owners, its error numbers as names, and a bar to what driver.hpp is for.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "driver.hpp"
#include "sateen/sdk/failure.hpp"

namespace sateen::opencl {

inline void release(cl_context h) {
  clReleaseContext(h);
}
inline void release(cl_command_queue h) {
  clReleaseCommandQueue(h);
}
inline void release(cl_mem h) {
  clReleaseMemObject(h);
}
inline void release(cl_program h) {
  clReleaseProgram(h);
}
inline void release(cl_kernel h) {
  clReleaseKernel(h);
}
inline void release(cl_event h) {
  clReleaseEvent(h);
}

/// One reference to an OpenCL object, given back at the end.
template <typename H>
class Handle {
 public:
  Handle() = default;
  explicit Handle(H handle) : handle_(handle) {}
  Handle(Handle&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() {
    if (handle_ != nullptr) release(handle_);
  }

  H get() const { return handle_; }
  explicit operator bool() const { return handle_ != nullptr; }
  /// Where a function of OpenCL puts a new object.
  H* out() { return &handle_; }

 private:
  H handle_ = nullptr;
};

using Context = Handle<cl_context>;
using Queue = Handle<cl_command_queue>;
using Memory = Handle<cl_mem>;
using Built = Handle<cl_program>;
using Kernel = Handle<cl_kernel>;
using ClEvent = Handle<cl_event>;

/// "CL_OUT_OF_RESOURCES", or the number of a code that OpenCL 1.2 does not know; CLBlast's own are below all of OpenCL's.
std::string error_name(cl_int code);

/// NO_MEMORY for the codes that say so, DEVICE_ERROR for the others.
sateen_status status_of(cl_int code);

/// Throws Failure with a sentence such as "conv1: clEnqueueNDRangeKernel failed with CL_OUT_OF_RESOURCES".
void check(cl_int code, const std::string& what);

/// A device's property, a number or such.
template <typename T>
T device_number(cl_device_id device, cl_device_info what, T otherwise = T{}) {
  T value{};
  return driver().device_info(device, what, sizeof value, &value, nullptr) == CL_SUCCESS ? value : otherwise;
}
/// The same of what a device can't be used without. Throws sdk::Failure where the driver does not say it.
template <typename T>
T needed_number(cl_device_id device, cl_device_info what) {
  T value{};
  check(driver().device_info(device, what, sizeof value, &value, nullptr), "clGetDeviceInfo");
  return value;
}
/// Empty where the driver has none.
std::string device_text(cl_device_id device, cl_device_info what);
std::string platform_text(cl_platform_id platform, cl_platform_info what);
/// Not empty, or sdk::Failure.
std::string needed_text(std::string text, const char* what);

}  // namespace sateen::opencl

// Whoever names one of these goes past a pretended device. What only later versions of OpenCL have is not declared.
#pragma GCC poison clGetPlatformInfo clGetDeviceInfo clGetKernelWorkGroupInfo clGetProgramInfo clGetEventProfilingInfo
#pragma GCC poison clCreateCommandQueue clCreateBuffer clCreateSubBuffer clCreateImage clCreateProgramWithSource
#pragma GCC poison clCreateProgramWithBinary clCreateProgramWithBuiltInKernels clBuildProgram clCompileProgram
#pragma GCC poison clLinkProgram clEnqueueNDRangeKernel clEnqueueTask clEnqueueNativeKernel
