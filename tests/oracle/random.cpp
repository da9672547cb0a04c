// Philox4x32-10 (Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11) and what is drawn
// from it.
#include "oracle.hpp"

namespace oracle {

std::array<uint32_t, 4> philox(std::array<uint32_t, 4> x, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t even = uint64_t{0xD2511F53} * x[0];
    const uint64_t odd = uint64_t{0xCD9E8D57} * x[2];
    const auto high = [](uint64_t product) { return static_cast<uint32_t>(product >> 32); };
    const auto low = [](uint64_t product) { return static_cast<uint32_t>(product & 0xffffffffU); };
    x = {high(odd) ^ x[1] ^ key[0], low(odd), high(even) ^ x[3] ^ key[1], low(even)};
    key[0] += 0x9E3779B9U;
    key[1] += 0xBB67AE85U;
  }
  return x;
}

uint32_t dropout_word(uint64_t seed, uint32_t step, uint32_t stream, uint64_t element) {
  const uint64_t block = element / 4;
  const std::array<uint32_t, 4> counter = {static_cast<uint32_t>(block % (uint64_t{1} << 32)),
                                           static_cast<uint32_t>(block >> 32), step, stream};
  const std::array<uint32_t, 2> key = {static_cast<uint32_t>(seed % (uint64_t{1} << 32)),
                                       static_cast<uint32_t>(seed >> 32)};
  return philox(counter, key)[element % 4];
}

uint32_t Random::next() {
  return dropout_word(seed_, 0, 0xfeedU, element_++);
}

float Random::value() {
  return static_cast<float>(static_cast<int32_t>(next() >> 8) - (1 << 23)) / static_cast<float>(1 << 23);
}

std::vector<float> Random::values(uint64_t count) {
  std::vector<float> r(count);
  for (float& x : r) x = value();
  return r;
}

}  // namespace oracle
