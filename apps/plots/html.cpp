// Text and pictures as parts of a page.
#include "plots/html.hpp"

#include <algorithm>

#include "plots/characters.hpp"

namespace sateen::app {

std::string html_text(std::string_view text) {
  std::string result;
  for (const std::string_view character : characters(text)) {
    if (character.empty() || is_control(character)) {
      result += '?';
    } else if (character == "&") {
      result += "&amp;";
    } else if (character == "<") {
      result += "&lt;";
    } else if (character == ">") {
      result += "&gt;";
    } else if (character == "\"") {
      result += "&quot;";
    } else if (character == "'") {
      result += "&#39;";
    } else {
      result += character;
    }
  }
  return result;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr size_t kGroup = 3;
  std::string text;
  text.reserve((bytes.size() + 2) / kGroup * 4);
  for (size_t i = 0; i < bytes.size(); i += kGroup) {
    const auto byte = [&](size_t at) { return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0U; };
    const unsigned group = byte(i) << 16U | byte(i + 1) << 8U | byte(i + 2);
    const size_t digits = 1 + std::min(kGroup, bytes.size() - i);
    for (size_t d = 0; d < 4; ++d) text += d < digits ? kDigits[group >> (18 - 6 * d) & 63U] : '=';
  }
  return text;
}

}  // namespace sateen::app
