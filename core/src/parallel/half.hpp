// Values as IEEE half with one scale, for the wire.
#pragma once

#include <cstddef>
#include <span>

namespace sateen {

/// Bytes of n values: a 32-bit power of two, then the halves.
constexpr size_t half_bytes(size_t n) {
  return 4 + 2 * n;
}
/// The scale takes the largest finite value to the upper end of a half's range, so that small ones are lost only beside
/// large ones: below 2⁻³⁹ of it, with full precision down to 2⁻²⁹. NaN and infinity stay what they are. to: half_bytes of them.
void encode_half(std::span<const float> values, std::span<unsigned char> to);
void decode_half(std::span<const unsigned char> from, std::span<float> values);

}  // namespace sateen
