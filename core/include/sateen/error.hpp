// The one exception type of the library, beside std::bad_alloc where the host's memory runs out. Everything that can
// fail throws sateen::Error; nothing aborts, prints or exits.
#pragma once

#include <stdexcept>
#include <string>

#include "sateen/export.hpp"

namespace SATEEN_PUBLIC sateen {

/// What kind of failure it is; apps turn it into an exit code.
enum class ErrorCode {
  kRuntime,    ///< a failure that fits no other kind
  kUsage,      ///< a wrong argument: the caller can mend it
  kBadInput,   ///< a damaged, foreign or hostile input file
  kDevice,     ///< a device or backend is missing, refused or failed
  kOutput,     ///< a file could not be written; what was there before is intact
  kDiverged,   ///< the loss became NaN or infinite
  kCancelled,  ///< a CancelToken was used
  kNoMemory,   ///< the host or the device is short of memory
};

/// what() is one line for people, without a prefix or a newline: what is wrong and, where it helps, what to do next.
class Error : public std::runtime_error {
 public:
  /// message: what() is to be, as above.
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  /// The kind, to branch on; the words of what() may change between versions.
  ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

}  // namespace sateen
