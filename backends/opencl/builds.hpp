// Which kernel files are for one kind of device, or built with defines of their own beside those of the tuning.
#pragma once

#include <array>
#include <string_view>

namespace sateen::opencl {

/// One build of a file. A file that is not in kBuilds is built once for every device, without defines.
struct FileBuild {
  enum class Kind { kCpu, kGpu };
  std::string_view file;
  Kind kind;  ///< of the devices that it is for
  std::string_view defines;
};

/// All there are: what is not in this list is never compiled, and what is in it goes through every compiler of
/// docs/platforms.md. Those of the convolution kernels for GPUs are in gemm_tiles.hpp.
inline constexpr std::array<FileBuild, 6> kBuilds = {{{"batch_norm_finish.cl", FileBuild::Kind::kCpu, "-DSLICES=1"},
                                                      {"batch_norm_finish.cl", FileBuild::Kind::kGpu, "-DSLICES=1"},
                                                      {"batch_norm_finish.cl", FileBuild::Kind::kGpu, "-DSLICES=64"},
                                                      {"narrow_convolution.cl", FileBuild::Kind::kCpu, ""},
                                                      {"winograd.cl", FileBuild::Kind::kCpu, ""},
                                                      {"winograd_gradient.cl", FileBuild::Kind::kCpu, ""}}};

}  // namespace sateen::opencl
