// Random numbers that are the same on every backend: Philox4x32-10.
// Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sateen/export.hpp"

namespace SATEEN_PUBLIC sateen {

/// What a draw is for; different purposes never share numbers.
enum class RandomPurpose : uint32_t {
  kInitialWeights = 1,  ///< Sequential::initialise
  kSplit = 2,           ///< which images are held out
  kPermutation = 3,     ///< the order of an epoch's images; step = the epoch, from 0
  kDropout = 4,         ///< masks, drawn on the device
  kAugmentation = 5,    ///< shifts and mirrors, drawn on the device
};

/// One block: four words for a key and a 128-bit counter.
std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 2> key, std::array<uint32_t, 4> counter);

/// The stream number that goes into the counter's last word: purpose · 2¹⁶ + layer.
constexpr uint32_t random_stream(RandomPurpose purpose, uint32_t layer = 0) {
  return static_cast<uint32_t>(purpose) << 16 | layer;
}

/// Numbers of one stream, in order of the element; a value, used by one thread. key = seed; counter = (element/4 low, high, step, stream).
class RandomStream {
 public:
  /// At the stream's first number. stream: random_stream() of a purpose.
  RandomStream(uint64_t seed, uint32_t stream, uint32_t step = 0) : seed_(seed), stream_(stream), step_(step) {}
  /// The next 32 bits.
  uint32_t next();
  /// Uniform in [0, 1) with 24 bits, exact in f32.
  float uniform() { return static_cast<float>(next() >> 8) * 0x1p-24F; }
  /// Uniform in 0 … bound−1 without bias (Lemire, "Fast random integer generation in an interval", 2019). bound ≥ 1.
  uint32_t below(uint32_t bound);

 private:
  uint64_t seed_;
  uint32_t stream_, step_;
  uint64_t element_ = 0;
  std::array<uint32_t, 4> block_{};
};

/// 0 … count−1 in a random order (Fisher–Yates).
std::vector<int32_t> random_permutation(uint32_t count, RandomStream stream);

}  // namespace sateen
