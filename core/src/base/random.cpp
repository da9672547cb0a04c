// Philox4x32-10 and what core draws with it.
#include "sateen/random.hpp"

#include <numeric>
#include <utility>

namespace sateen {

namespace {

constexpr uint32_t kMultiplier0 = 0xD2511F53U, kMultiplier1 = 0xCD9E8D57U;
constexpr uint32_t kWeyl0 = 0x9E3779B9U, kWeyl1 = 0xBB67AE85U;
constexpr int kRounds = 10;

}  // namespace

std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 2> key, std::array<uint32_t, 4> counter) {
  for (int round = 0; round < kRounds; ++round) {
    const uint64_t a = uint64_t{kMultiplier0} * counter[0];
    const uint64_t b = uint64_t{kMultiplier1} * counter[2];
    counter = {static_cast<uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(b),
               static_cast<uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(a)};
    key[0] += kWeyl0;
    key[1] += kWeyl1;
  }
  return counter;
}

uint32_t RandomStream::next() {
  const uint64_t word = element_ % 4;
  if (word == 0) {
    const uint64_t block = element_ / 4;
    block_ = philox4x32({static_cast<uint32_t>(seed_), static_cast<uint32_t>(seed_ >> 32)},
                        {static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32), step_, stream_});
  }
  ++element_;
  return block_[word];
}

uint32_t RandomStream::below(uint32_t bound) {
  const uint32_t biased = -bound % bound;  // 2³² mod bound
  uint64_t product = 0;
  do {
    product = uint64_t{next()} * bound;
  } while (static_cast<uint32_t>(product) < biased);
  return static_cast<uint32_t>(product >> 32);
}

std::vector<int32_t> random_permutation(uint32_t count, RandomStream stream) {
  std::vector<int32_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  for (uint32_t i = count; i > 1; --i) std::swap(order[i - 1], order[stream.below(i)]);
  return order;
}

}  // namespace sateen
