// The text of the kernels, embedded at build time.
#pragma once

#include <string>

namespace sateen::opencl {

/// kernels/<file> with its headers in place. From the folder in SATEEN_KERNEL_DIR where that is set, so that a kernel
/// can be edited without a build. Throws Failure(DEVICE_ERROR) for a file that is not there.
std::string kernel_source(const std::string& file);

/// All files one after the other; one that can't be read is left out.
std::string all_kernel_sources();

}  // namespace sateen::opencl
