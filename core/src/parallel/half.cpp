// Values as IEEE half with one scale, for the wire. In integers, since compilers differ in what they know of halves.
#include "parallel/half.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace sateen {

namespace {

constexpr uint32_t kInfinity = 0x7f800000;  // of a float, without the sign
constexpr int kLargestExponent = 14;        // 2^14 to below 2^15: rounding up stays finite
constexpr uint32_t kRebias = (127 - 15) << 23;

/// To nearest, ties to even.
uint16_t to_half(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const uint32_t sign = bits >> 16 & 0x8000;
  const uint32_t size = bits & 0x7fffffff;
  if (size >= kInfinity) return static_cast<uint16_t>(sign | 0x7c00 | (size > kInfinity ? 0x0200 : 0));
  if (size < kRebias + (1U << 23)) {  // subnormal: a float that has its last bit where the half has it rounds for us
    const float shifted = std::bit_cast<float>(size) + 0.5F;
    return static_cast<uint16_t>(sign | (std::bit_cast<uint32_t>(shifted) - std::bit_cast<uint32_t>(0.5F)));
  }
  const uint32_t rounded = size + 0xfff + (size >> 13 & 1);
  return static_cast<uint16_t>(sign | std::min<uint32_t>((rounded - kRebias) >> 13, 0x7c00));
}

float from_half(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000) << 16;
  const uint32_t size = half & 0x7fff;
  if (size >= 0x7c00) return std::bit_cast<float>(sign | kInfinity | size << 13);
  if (size < 0x0400) return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(static_cast<float>(size) * 0x1p-24F));
  return std::bit_cast<float>(sign | ((size << 13) + kRebias));
}

}  // namespace

void encode_half(std::span<const float> values, std::span<unsigned char> to) {
  float largest = 0;
  for (const float value : values) {
    if (std::isfinite(value)) largest = std::max(largest, std::abs(value));
  }
  const int32_t power = largest > 0 ? std::clamp(kLargestExponent - std::ilogb(largest), -126, 126) : 0;
  const float scale = std::ldexp(1.0F, power);
  std::memcpy(to.data(), &power, sizeof power);
  unsigned char* at = to.data() + sizeof power;
  for (const float value : values) {
    const uint16_t half = to_half(value * scale);
    std::memcpy(at, &half, sizeof half);
    at += sizeof half;
  }
}

void decode_half(std::span<const unsigned char> from, std::span<float> values) {
  int32_t power = 0;
  std::memcpy(&power, from.data(), sizeof power);
  const float scale = std::ldexp(1.0F, -std::clamp(power, -126, 126));
  const unsigned char* at = from.data() + sizeof power;
  for (float& value : values) {
    uint16_t half = 0;
    std::memcpy(&half, at, sizeof half);
    value = from_half(half) * scale;
    at += sizeof half;
  }
}

}  // namespace sateen
