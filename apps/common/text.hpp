// Text made fit for a terminal.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sateen::app {

/// The library's rule, sateen::printable, for what the programs print.
std::string one_line(std::string_view text);

/// A line broken at spaces where it is longer than so many columns; what follows is indented. Colours take no room. Narrow
/// terminals, of less than 40 columns, get it as it is.
std::string wrapped(std::string_view line, size_t columns);

/// Words in lines of at most 80 columns, where they fit; the first line follows `column` columns of something else, the
/// others begin below it.
std::string hanging(std::string_view text, size_t column);

std::string joined(const std::vector<std::string>& parts, std::string_view separator);

}  // namespace sateen::app
