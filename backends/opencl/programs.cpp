// Building kernel files.
#include "programs.hpp"

#include "kernel_source.hpp"

namespace sateen::opencl {

namespace {

std::string build_log(cl_program program, cl_device_id device) {
  size_t bytes = 0;
  if (clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, 0, nullptr, &bytes) != CL_SUCCESS) return {};
  std::string log(bytes, '\0');
  if (clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, bytes, log.data(), nullptr) != CL_SUCCESS) return {};
  return log.substr(0, log.find('\0'));
}

}  // namespace

Built Programs::build(const std::string& file) const {
  const std::string source = kernel_source(file);
  const char* text = source.data();
  const size_t bytes = source.size();
  cl_int code = CL_SUCCESS;
  Built program(clCreateProgramWithSource(context_, 1, &text, &bytes, &code));
  check(code, "clCreateProgramWithSource of " + file);
  code = clBuildProgram(program.get(), 1, &device_, options_.c_str(), nullptr, nullptr);
  if (code != CL_SUCCESS) {
    throw sdk::Failure(SATEEN_DEVICE_ERROR, sdk::text("building ", file, " failed with ", error_name(code), ": ",
                                                      build_log(program.get(), device_)));
  }
  return program;
}

Kernel Programs::kernel(const std::string& file, const std::string& name) {
  auto at = built_.find(file);
  if (at == built_.end()) at = built_.emplace(file, build(file)).first;
  cl_int code = CL_SUCCESS;
  Kernel kernel(clCreateKernel(at->second.get(), name.c_str(), &code));
  check(code, "clCreateKernel of " + name);
  return kernel;
}

}  // namespace sateen::opencl
