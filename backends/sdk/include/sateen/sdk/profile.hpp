// What a backend's Program tells about its time, for the extension sateen.profile/1.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

namespace sateen::sdk {

/// One operation, or several that became one; see sateen_op_profile.
struct OpTime {
  const char* name = "";     ///< as long as its program
  uint64_t runs = 0;         ///< of the program, since it was compiled
  uint64_t nanoseconds = 0;  ///< of the device, over all runs
};

/// A Program that can report: entries in the order of the operations, their number fixed when it was made. Asked only
/// on a device that was opened with profile=1, when all work is done.
template <typename Program>
concept Profiled = requires(const Program& program, size_t i) {
  { program.profile_count() } -> std::convertible_to<size_t>;
  { program.profile(i) } -> std::same_as<OpTime>;
};

}  // namespace sateen::sdk
