// Text of unknown origin, such as a file's name, made fit for a terminal.
#include "sateen/printable.hpp"

#include <algorithm>
#include <array>

#include "io/utf8.hpp"

namespace sateen {
namespace {

/// Line and paragraph separators, and Unicode's bidirectional controls.
bool misleads(std::string_view character) {
  constexpr std::array<std::string_view, 14> kSuch = {"\u061c", "\u200e", "\u200f", "\u2028", "\u2029",
                                                      "\u202a", "\u202b", "\u202c", "\u202d", "\u202e",
                                                      "\u2066", "\u2067", "\u2068", "\u2069"};
  return std::find(kSuch.begin(), kSuch.end(), character) != kSuch.end();
}

}  // namespace

size_t printable_length(std::string_view text) {
  const std::string_view character = text.substr(0, utf8_length(text));
  return is_plain_text(character) && !misleads(character) ? character.size() : 0;
}

std::string printable(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    size_t length = printable_length(text);
    if (length != 0) {
      shown += text.substr(0, length);
    } else {
      length = 1;
      const auto byte = static_cast<unsigned char>(text[0]);
      shown += "\\x";
      shown += kHex[byte >> 4];
      shown += kHex[byte & 15];
    }
    text.remove_prefix(length);
  }
  return shown;
}

}  // namespace sateen
