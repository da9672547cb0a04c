// The shapes that kernels take on a kind of device.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "sateen/sdk/failure.hpp"

namespace sateen::opencl {

/// A CPU wants few work-items with long vectors, each alone in its group; a GPU many small ones.
struct Tuning {
  int lanes, vectors, tile;                   ///< LANES, VECTORS and TILE of the kernels
  int64_t items;                              ///< about how many work-items keep the device busy
  size_t group;                               ///< work-items of a group, where the kernel allows as many
  int winograd_rows = 0, winograd_tiles = 0;  ///< WROWS and WTILES of winograd.cl; 0: it is not for such a device
  int gradient_rows = 0, gradient_tiles = 0;  ///< GROWS and GTILES of winograd_gradient.cl
  int64_t winograd_items = 0;                 ///< work-items at the most that it is spread over

  // Sums of TILE by VECTORS vectors stay in registers, of which there are 32 with 16 lanes and 16 with fewer.
  static constexpr Tuning cpu(int lanes) {
    return lanes == 16 ? Tuning{16, 2, 12, 64, 1, 8, 16, 8, 32, 16} : Tuning{lanes, 2, 6, 64, 1, 6, 18, 4, 16, 16};
  }
  static constexpr Tuning gpu() { return {4, 1, 4, 65536, 64}; }

  /// Whether these are the shapes of a GPU: many work-items side by side.
  constexpr bool for_gpu() const { return items > 1024; }
  int width() const { return lanes * vectors; }
  std::string compiler_options() const {
    const std::string all = sdk::text("-DLANES=", lanes, " -DVECTORS=", vectors, " -DTILE=", tile);
    return winograd_rows == 0 ? all
                              : sdk::text(all, " -DWROWS=", winograd_rows, " -DWTILES=", winograd_tiles,
                                          " -DGROWS=", gradient_rows, " -DGTILES=", gradient_tiles);
  }
  /// How many of `n` equal pieces of work each work-item does, at least `least` where there are as many.
  int span(int64_t n, int64_t least = 1) const {
    return static_cast<int>(std::min(std::max({n / items, std::min(n, for_gpu() ? 1 : least), int64_t{1}}), n));
  }
};

/// A value of the option `kernels`.
struct KernelChoice {
  const char* name;
  Tuning tuning;
  bool candidate;  ///< taken only where asked for, or where it was measured to be the fastest
};

/// All there are: what is not in this list is never compiled, and what is in it goes through every compiler of
/// docs/platforms.md.
inline constexpr std::array<KernelChoice, 3> kKernelChoices = {
    {{"cpu8", Tuning::cpu(8), false}, {"cpu16", Tuning::cpu(16), false}, {"gpu", Tuning::gpu(), false}}};

/// The name of the kernels of these shapes.
constexpr const char* kernels_name(const Tuning& tuning) {
  for (const KernelChoice& choice : kKernelChoices) {
    if (choice.tuning.lanes == tuning.lanes && choice.tuning.for_gpu() == tuning.for_gpu()) return choice.name;
  }
  return "others";
}

/// What every kernel file is compiled with. Nothing here lets the compiler forget NaN or infinity.
/// correctly_rounded: whether the device divides and takes roots so. sub_group: the sub-group's size to ask for, 0 for none.
inline std::string compiler_options(const Tuning& tuning, bool correctly_rounded, size_t sub_group = 0) {
  return "-cl-std=CL1.2 " + tuning.compiler_options() +
         (correctly_rounded ? " -cl-fp32-correctly-rounded-divide-sqrt" : "") +
         (sub_group > 0 ? sdk::text(" -DSUB_GROUP=", sub_group) : "");
}

inline int64_t ceil_div(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

}  // namespace sateen::opencl
