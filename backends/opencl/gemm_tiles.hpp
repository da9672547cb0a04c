// The shapes in which the convolution kernels for GPUs are built.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sateen/sdk/failure.hpp"

namespace sateen::opencl {

/// A work-group's tile of results and how it is computed: see kernels/tile.clh.
struct GemmTile {
  std::string_view name;            ///< of the variant that uses it
  int64_t rows, columns, step;      ///< TM, TN, TK
  int64_t item_rows, item_columns;  ///< RM, RN

  constexpr int64_t group() const { return rows * columns / (item_rows * item_columns); }
  constexpr int64_t local_bytes() const { return 2 * 4 * step * (rows + 4 + columns + 4); }
  std::string defines(bool aligned) const {
    return sdk::text("-DTM=", rows, " -DTN=", columns, " -DTK=", step, " -DRM=", item_rows, " -DRN=", item_columns,
                     " -DALIGNED=", aligned ? 1 : 0);
  }
};

/// The larger the tile, the fewer bytes are loaded for each operation, and the fewer groups there are to keep a device busy.
inline constexpr std::array<GemmTile, 4> kGemmTiles = {{{"gemm128x64x8-8x8", 128, 64, 8, 8, 8},
                                                        {"gemm64x64x16-8x4", 64, 64, 16, 8, 4},
                                                        {"gemm64x32x16-4x4", 64, 32, 16, 4, 4},
                                                        {"gemm32x32x16-4x4", 32, 32, 16, 4, 4}}};
/// The one that is also built for rows that are no multiples of four floats.
inline constexpr const GemmTile& kAnyTile = kGemmTiles.back();

/// The variant for convolutions of few channels, and the one that does without the kernels for GPUs.
inline constexpr const char* kFewChannels = "few";
inline constexpr const char* kNoTiles = "plain";

inline std::vector<std::string> gemm_variant_names() {
  std::vector<std::string> names;
  names.reserve(kGemmTiles.size() + 2);
  for (const GemmTile& tile : kGemmTiles) names.emplace_back(tile.name);
  names.insert(names.end(), {kFewChannels, kNoTiles});
  return names;
}

/// For implicit_gemm.cl, beside a tile's.
inline constexpr const char* kForwardDefine = " -DTURNED=0";
inline constexpr const char* kTurnedDefine = " -DTURNED=1";

/// The defines of each build of a kernel file for GPUs; empty for a file that has none of its own.
inline std::vector<std::string> gemm_builds(std::string_view file) {
  if (file == "few_channels.cl") return {"-DALIGNED=0", "-DALIGNED=1"};
  std::vector<std::string> tiles = {kAnyTile.defines(false)};
  for (const GemmTile& tile : kGemmTiles) tiles.push_back(tile.defines(true));
  if (file == "implicit_gemm_gradient.cl") return tiles;
  std::vector<std::string> all;
  if (file != "implicit_gemm.cl") return all;
  for (const std::string& tile : tiles) all.insert(all.end(), {tile + kForwardDefine, tile + kTurnedDefine});
  return all;
}

}  // namespace sateen::opencl
