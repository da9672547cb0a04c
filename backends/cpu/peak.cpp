// What the CPU can do at the most, by all threads of a device.
#include <algorithm>
#include <cstring>
#include <vector>

#include <tbb/parallel_for.h>

#include "device.hpp"
#include "info.hpp"

namespace sateen::cpu {

namespace {

// A piece is so short that threads which are late or slow leave little undone.
constexpr uint64_t kRoundsOfPiece = 2048;
constexpr size_t kBytesOfPiece = size_t{1} << 20;

/// f(i) for i < n, in no order.
template <typename F>
void in_pieces(size_t n, const F& f) {
  tbb::parallel_for(size_t{0}, n, f);
}

double measure_flops(const KernelTable& kernels) {
  constexpr uint64_t kMost = uint64_t{1} << 20;  // of pieces
  // 1 is where x · factor + term stands still: no chain runs to infinity or to the slow numbers next to 0.
  constexpr float kFactor = 0.5F;
  constexpr float kTerm = 0.5F;
  std::vector<float> sums(kMost);
  const double pieces = sdk::best_rate(
      [&](uint64_t n) {
        in_pieces(n, [&](size_t i) { kernels.multiply_adds(kFactor, kTerm, kRoundsOfPiece, &sums[i]); });
      },
      1, kMost);
  return 2 * pieces * static_cast<double>(kRoundsOfPiece) * static_cast<double>(kernels.peak_chains);
}

double measure_memory() {
  constexpr uint64_t kMost = uint64_t{1} << 30;  // beyond the caches of today
  const uint64_t most = std::min(kMost, cpu_info().memory_bytes / 8) / kBytesOfPiece;
  Memory src;
  Memory dst;
  const double pieces = sdk::best_rate(
      [&](uint64_t n) {
        const uint64_t before = src.bytes();
        src.reserve(n * kBytesOfPiece);
        dst.reserve(n * kBytesOfPiece);
        // Pages that were never written may all be one page of zeros.
        if (src.bytes() != before) std::memset(src.data(), 1, src.bytes());
        in_pieces(n, [&](size_t i) {
          std::memcpy(dst.data() + i * kBytesOfPiece, src.data() + i * kBytesOfPiece, kBytesOfPiece);
        });
      },
      1, std::max<uint64_t>(most, 1));
  return 2 * pieces * static_cast<double>(kBytesOfPiece);
}

}  // namespace

sdk::PeakRates Device::measure_peak() {
  sdk::PeakRates rates;
  threads_arena_.execute([&] {
    rates.flops = measure_flops(kernels_);
    rates.bytes_per_second = measure_memory();
  });
  return rates;
}

}  // namespace sateen::cpu
