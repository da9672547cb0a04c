// Where the library's messages go. The library never prints: without a sink they are dropped.
#pragma once

#include <functional>
#include <string_view>

#include "sateen/export.hpp"

namespace SATEEN_PUBLIC sateen {

enum class LogLevel { kDebug = 0, kInfo = 1, kWarning = 2, kError = 3 };

/// Takes one line without a newline. May be called from any thread, several at once (backends have threads of their
/// own), so it must be thread-safe, must not throw and must not call back into the library.
using LogSink = std::function<void(LogLevel level, std::string_view message)>;

}  // namespace sateen
