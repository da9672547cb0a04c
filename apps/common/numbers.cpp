// Numbers from and to text, the same in every locale.
#include "common/numbers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <system_error>

namespace sateen::app {
namespace {

template <typename T>
std::optional<T> parse_whole(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Room for the longest double in fixed notation (309 digits) and what follows its point.
using Scratch = std::array<char, 352>;

}  // namespace

std::optional<uint64_t> parse_unsigned(std::string_view text) {
  return parse_whole<uint64_t>(text);
}

std::optional<double> parse_real(std::string_view text) {
  const auto value = parse_whole<double>(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

std::string grouped(uint64_t value) {
  std::string text = std::to_string(value);
  for (size_t i = text.size(); i > 3;) {
    i -= 3;
    text.insert(i, 1, ',');
  }
  return text;
}

std::string fixed(double value, int digits) {
  Scratch scratch{};
  const auto result =
      std::to_chars(scratch.data(), scratch.data() + scratch.size(), value, std::chars_format::fixed, digits);
  return {scratch.data(), result.ptr};
}

std::string general(double value, int digits) {
  Scratch scratch{};
  char* const end = scratch.data() + scratch.size();
  constexpr auto kFormat = std::chars_format::general;
  const auto result = digits == 0 ? std::to_chars(scratch.data(), end, value, kFormat)
                                  : std::to_chars(scratch.data(), end, value, kFormat, digits);
  return {scratch.data(), result.ptr};
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::string hash_text(uint64_t hash) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (int shift = 60; shift >= 0; shift -= 4) text += kHex[hash >> shift & 15];
  return text;
}

}  // namespace sateen::app
