// Lesser devices that a device can be told to pretend to be, so that their limits are tested where they are not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

namespace sateen::opencl {

/// What is left of a device. The driver's own limits stay where they are lower.
struct Pretence {
  static constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();

  std::string words;        ///< as they were given; "": nothing is pretended
  size_t group = kNoLimit;  ///< work-items of a group
  uint64_t allocation_bytes = kNoLimit;
  uint64_t local_bytes = kNoLimit;
  uint64_t constant_bytes = kNoLimit;
  uint64_t compute_units = kNoLimit;
  uint64_t alignment = 1;  ///< of sub-buffers, in bytes
  bool fp64 = true, sub_groups = true;
  bool extensions = true;  ///< without them it is OpenCL 1.2 and nothing optional
  bool binaries = true, profiling = true;

  /// Profiles joined by '+': "small-groups+no-fp64". Throws Failure(DEVICE_ERROR) for one that there is not.
  static Pretence from(const std::string& words);
  /// That of SATEEN_OPENCL_PRETEND.
  static Pretence of_environment();
  /// All profiles, ", " between them.
  static std::string profiles();

  bool any() const { return !words.empty(); }
};

}  // namespace sateen::opencl
