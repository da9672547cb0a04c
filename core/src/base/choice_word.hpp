// What a key or a variant of a choice of kernels may be.
#pragma once

#include <algorithm>
#include <string_view>

namespace sateen {

inline constexpr std::string_view kChoiceBetween = " = ";

/// Printable ASCII without a space at its ends or kChoiceBetween in it.
inline bool is_choice_word(std::string_view word) {
  return !word.empty() && word.front() != ' ' && word.back() != ' ' &&
         word.find(kChoiceBetween) == std::string_view::npos &&
         std::all_of(word.begin(), word.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace sateen
