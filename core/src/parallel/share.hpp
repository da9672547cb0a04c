// Which rows of each global batch a rank computes.
#pragma once

#include <cstdint>

#include "sateen/model.hpp"

namespace sateen {

/// Rows `first` to before first + rows of each global batch of `batch` rows.
struct Share {
  int64_t batch = 0, first = 0, rows = 0;

  /// All of it.
  static Share whole(int64_t batch) { return {batch, 0, batch}; }
  /// How many of this share's rows count in a batch of which the first `valid` do.
  int64_t valid_of(int64_t valid) const;
};

/// That of a rank: contiguous, in the order of ranks, none larger than another by more than what a dropout mask wants: it
/// begins at a multiple of four values. Throws Error(kUsage) where there are more ranks than shares.
Share share_of(int64_t batch, const Sequential& model, int rank, int ranks);

}  // namespace sateen
