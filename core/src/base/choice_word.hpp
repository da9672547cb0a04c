// What a key or a variant of a choice of kernels may be.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace sateen {

inline constexpr std::string_view kChoiceBetween = " = ";
inline constexpr size_t kMostChoices = 4096;
inline constexpr size_t kMaxChoiceBytes = 200;

/// Up to kMaxChoiceBytes of printable ASCII without a space at its ends or kChoiceBetween in it.
inline bool is_choice_word(std::string_view word) {
  return !word.empty() && word.size() <= kMaxChoiceBytes && word.front() != ' ' && word.back() != ' ' &&
         word.find(kChoiceBetween) == std::string_view::npos &&
         std::all_of(word.begin(), word.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace sateen
