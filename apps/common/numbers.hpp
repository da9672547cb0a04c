// Numbers from and to text, the same in every locale.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sateen::app {

/// Digits and nothing else: no sign, space, point or exponent.
std::optional<uint64_t> parse_unsigned(std::string_view text);
/// A decimal number and nothing after it; NaN and infinity are not numbers.
std::optional<double> parse_real(std::string_view text);

/// 1234567 → "1,234,567"
std::string grouped(uint64_t value);
/// `digits` after the point.
std::string fixed(double value, int digits);
/// `digits` that count, or, with 0, the fewest that read back as the same number.
std::string general(double value, int digits = 0);
/// The middle one, or the mean of the two in the middle; 0 of none.
double median(std::vector<double> values);
/// 16 hexadecimal digits.
std::string hash_text(uint64_t hash);

}  // namespace sateen::app
