// The OpenCL programs of an open device: each kernel file is built when its first kernel is asked for.
#pragma once

#include <map>
#include <string>

#include "cl.hpp"

namespace sateen::opencl {

class Programs {
 public:
  /// options: of the compiler, the same for every file. Both handles outlive this.
  Programs(cl_context context, cl_device_id device, std::string options)
      : context_(context), device_(device), options_(std::move(options)) {}

  /// A kernel of its own for the caller, whose arguments stay as they are set. Throws Failure(DEVICE_ERROR) with the
  /// compiler's words where the file does not build.
  Kernel kernel(const std::string& file, const std::string& name);

 private:
  Built build(const std::string& file) const;

  cl_context context_;
  cl_device_id device_;
  std::string options_;
  std::map<std::string, Built> built_;
};

}  // namespace sateen::opencl
