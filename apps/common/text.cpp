// Text made fit for a terminal.
#include "common/text.hpp"

#include <sstream>

#include "sateen/printable.hpp"

namespace sateen::app {

std::string one_line(std::string_view text) {
  return printable(text);
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
