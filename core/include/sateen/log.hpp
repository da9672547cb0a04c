// Where the library's messages go. The library never prints: without a sink they are dropped.
#pragma once

#include <functional>
#include <string_view>

#include "sateen/export.hpp"

namespace SATEEN_PUBLIC sateen {

/// How much a message matters; the numbers are the contract's (SATEEN_LOG_…).
enum class LogLevel {
  kDebug = 0,    ///< for those who look for a defect
  kInfo = 1,     ///< what happens, and takes time
  kWarning = 2,  ///< something is amiss, and work goes on
  kError = 3,    ///< something failed
};

/// Takes one line without a newline. May be called from any thread, several at once (backends have threads of their
/// own), so it must be thread-safe, must not throw and must not call back into the library.
using LogSink = std::function<void(LogLevel level, std::string_view message)>;

}  // namespace sateen
