// Is it UTF-8?
#pragma once

#include <cstddef>
#include <string_view>

namespace sateen {

/// Bytes of the well-formed character that text begins with, 0 if there is none (Unicode 15, table 3-7).
size_t utf8_length(std::string_view text);

/// Well-formed UTF-8 without control characters: fit to be printed on one line of a terminal.
bool is_plain_text(std::string_view text);

}  // namespace sateen
