// The OpenCL devices of this machine.
#pragma once

#include <string>
#include <vector>

#include "cl.hpp"
#include "sateen/backend.h"

namespace sateen::opencl {

/// A device as it was found. Its place in memory does not change: info points into the strings.
struct FoundDevice {
  FoundDevice(cl_platform_id platform, cl_device_id device, std::string id);
  FoundDevice(const FoundDevice&) = delete;
  FoundDevice& operator=(const FoundDevice&) = delete;

  cl_platform_id platform;
  cl_device_id device;
  bool is_cpu;
  sateen_device_info info{};

 private:
  std::string id_, name_, vendor_, driver_;
};

/// Every device of every platform, "opencl:<platform>:<device>", or with SATEEN_OPENCL_PARTS the parts of CPUs,
/// "opencl:<platform>:<device>.<part>", looked for once and then kept for the life of the
/// process. Throws Failure(DEVICE_ERROR) saying what is missing where there is none; the next call looks again.
const std::vector<const FoundDevice*>& found_devices();

/// Why there are not more of them, a line a remark; looked for once. Throws as found_devices does.
const std::string& remarks();

}  // namespace sateen::opencl
