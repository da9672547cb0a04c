// What a backend's Device tells and takes of the variants of its operations, for the extension sateen.tuning/1.
#pragma once

#include <concepts>
#include <map>
#include <string>
#include <string_view>

#include "sateen/backend.h"
#include "sateen/sdk/failure.hpp"

namespace sateen::sdk {

/// An operation's key and its variant.
using Choices = std::map<std::string, std::string>;

/// A Device that chooses.
template <typename Device>
concept Tuned = requires(Device& device, const Choices& choices) {
  { device.choices() } -> std::convertible_to<const Choices&>;
  {device.pin(choices)};
  { device.candidates() } -> std::convertible_to<std::string>;
};

/// A line "key = variant" for each, as sateen_tuning has them.
inline std::string choices_text(const Choices& choices) {
  std::string all;
  for (const auto& [key, variant] : choices) all += text(key, " = ", variant, "\n");
  return all;
}

/// Throws Failure(INVALID) for what choices_text does not give.
inline Choices choices_in(std::string_view lines) {
  constexpr std::string_view kBetween = " = ";
  Choices choices;
  while (!lines.empty()) {
    const size_t end = lines.find('\n');
    const std::string_view line = lines.substr(0, end);
    const size_t between = line.find(kBetween);
    if (end == std::string_view::npos || between == std::string_view::npos || between == 0 ||
        between + kBetween.size() == line.size()) {
      throw Failure(SATEEN_INVALID, text("\"", line, "\" is not a line \"key = variant\" with an end"));
    }
    choices.insert_or_assign(std::string(line.substr(0, between)), std::string(line.substr(between + kBetween.size())));
    lines.remove_prefix(end + 1);
  }
  return choices;
}

}  // namespace sateen::sdk
