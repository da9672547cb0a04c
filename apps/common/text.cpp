// Text made fit for a terminal.
#include "common/text.hpp"

#include <algorithm>
#include <sstream>

#include "sateen/printable.hpp"

namespace sateen::app {
namespace {

/// Columns: bytes within a character of UTF-8 and colours take none.
size_t shown_width(std::string_view text) {
  size_t width = 0;
  bool in_sequence = false;
  for (const char c : text) {
    in_sequence = in_sequence || c == '\x1b';
    if (!in_sequence && (static_cast<unsigned char>(c) & 0xC0U) != 0x80U) ++width;
    if (c == 'm') in_sequence = false;
  }
  return width;
}

}  // namespace

std::string one_line(std::string_view text) {
  return printable(text);
}

std::string wrapped(std::string_view line, size_t columns) {
  constexpr size_t kIndent = 10;  // as far as the first word of a line such as "data      …"
  if (columns < 4 * kIndent) return std::string(line);
  std::string out;
  size_t at = 0;
  while (!line.empty()) {
    // A word with the spaces before it.
    const size_t word = std::min(line.find_first_not_of(' '), line.size());
    const std::string_view piece = line.substr(0, std::min(line.find(' ', word), line.size()));
    const size_t width = shown_width(piece);
    if (at > kIndent && at + width > columns && width - word + kIndent <= columns) {
      out += "\n" + std::string(kIndent, ' ') + std::string(piece.substr(word));
      at = kIndent + width - word;
    } else {
      out += piece;
      at += width;
    }
    line.remove_prefix(piece.size());
  }
  return out;
}

std::string hanging(std::string_view text, size_t column) {
  constexpr size_t kColumns = 80;
  std::istringstream words{std::string(text)};
  std::string out;
  size_t at = column;
  for (std::string word; words >> word;) {
    if (at != column && at + 1 + word.size() > kColumns) {
      out += '\n' + std::string(column, ' ');
      at = column;
    }
    if (at != column) out += ' ';
    at += word.size() + (at == column ? 0 : 1);
    out += word;
  }
  return out;
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts) {
    if (!text.empty()) text += separator;
    text += part;
  }
  return text;
}

}  // namespace sateen::app
