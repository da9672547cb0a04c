// Names that come from outside, made fit to stand in one line.
#pragma once

#include <string>
#include <string_view>

namespace sateen::app {

/// Control characters become \x0a, \x1b, …, so that no file name breaks a line or moves the terminal's cursor.
std::string one_line(std::string_view text);

}  // namespace sateen::app
