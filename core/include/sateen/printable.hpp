// Text of unknown origin, such as a file's name, made fit for a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "sateen/export.hpp"

namespace SATEEN_PUBLIC sateen {

/// Bytes of the character that text begins with, where a terminal shows it as it is; 0 where text is empty or begins with
/// a control character (C0, DEL, C1), one that ends a line or turns the direction of writing (U+2028, U+202E and their
/// like), or a byte that is not UTF-8.
size_t printable_length(std::string_view text);

/// What isn't printable becomes `\x0a`, `\x1b`, …, byte by byte, so that no name breaks a line, moves the cursor or
/// passes for another.
std::string printable(std::string_view text);

}  // namespace sateen
