// Text from outside, character by character.
#pragma once

#include <string_view>
#include <vector>

namespace sateen::app {

/// The UTF-8 characters of a text; an empty one for each byte that belongs to none.
std::vector<std::string_view> characters(std::string_view text);

/// Of ASCII or of Latin 1, with line ends among them; and what XML has no place for.
bool is_control(std::string_view character);

}  // namespace sateen::app
