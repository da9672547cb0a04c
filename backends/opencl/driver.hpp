// The OpenCL driver as the backend sees it: every call that asks for a property, or that a property limits, goes through
// here, where a lesser device can be pretended. cl.hpp keeps everybody from OpenCL's own functions of this kind.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <CL/cl_ext.h>

#include "pretence.hpp"

namespace sateen::opencl {

/// Functions named after OpenCL's, with the same parameters but for those that the backend never gives. What a pretended
/// device could not do is refused with the code that its driver would give. Any thread.
class Driver {
 public:
  explicit Driver(Pretence pretence) : pretence_(std::move(pretence)) {}
  const Pretence& pretence() const { return pretence_; }

  cl_int platform_info(cl_platform_id platform, cl_platform_info what, size_t bytes, void* value, size_t* size) const;
  cl_int device_info(cl_device_id device, cl_device_info what, size_t bytes, void* value, size_t* size) const;
  cl_int kernel_work_group_info(cl_kernel kernel, cl_device_id device, cl_kernel_work_group_info what, size_t bytes,
                                void* value) const;
  /// CL_PROGRAM_BINARY_SIZES and CL_PROGRAM_BINARIES of a program of one device.
  cl_int binary_size(cl_program program, size_t* bytes) const;
  cl_int binary(cl_program program, unsigned char* bytes) const;
  cl_int event_profiling_info(cl_event event, cl_profiling_info what, cl_ulong* nanoseconds) const;

  cl_command_queue create_queue(cl_context context, cl_device_id device, cl_command_queue_properties properties,
                                cl_int* code) const;
  cl_mem create_buffer(cl_context context, size_t bytes, cl_int* code) const;
  cl_mem create_sub_buffer(cl_mem buffer, const cl_buffer_region& region, cl_int* code) const;
  cl_program create_program(cl_context context, cl_device_id device, const std::string& source, cl_int* code) const;
  cl_program create_program(cl_context context, cl_device_id device, const unsigned char* binary, size_t bytes,
                            cl_int* code) const;
  cl_int build(cl_program program, cl_device_id device, const std::string& options) const;
  cl_int enqueue_kernel(cl_command_queue queue, cl_kernel kernel, cl_uint dimensions, const size_t* global,
                        const size_t* local, cl_event* done) const;

  /// What of the pretence changes programs: a part of the key of what is kept.
  std::string program_key() const;

 private:
  size_t group_limit(cl_device_id device) const;
  std::string extensions(cl_device_id device) const;
  std::string preamble(cl_device_id device) const;

  Pretence pretence_;
};

/// This process's, with the pretence of SATEEN_OPENCL_PRETEND as it was at the first call. Throws Failure(DEVICE_ERROR)
/// where that names no profile.
const Driver& driver();

}  // namespace sateen::opencl
