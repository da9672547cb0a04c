// Weights in the order in which the product kernel reads them: packed[block][row][column], with as many columns a block
// as the kernel's, and zeros past the last one.
#pragma once

#include <cstdint>
#include <memory>

#include "step.hpp"

namespace sateen::cpu {

/// Packs weights [taps][in][out] into the arena at every run, or, where they are FROZEN, once into memory of its own.
class PackedWeights {
 public:
  enum class Order {
    kForward,  ///< rows are (tap, in), columns are out
    kTurned,   ///< rows are (tap, out) with the taps last to first, columns are in: for the way back
  };
  PackedWeights(StepBuilder& builder, const sdk::Tensor& weights, int64_t taps, int64_t in, int64_t out, Order order);

  int64_t rows() const { return rows_; }
  int64_t columns() const { return columns_; }
  int64_t blocks() const { return blocks_; }
  int64_t block_floats() const { return rows_ * width_; }

  /// The packed weights for this run.
  const float* pack(const RunContext& context) const;

 private:
  struct Kept {
    Memory memory;
    bool filled = false;
  };
  void fill(const float* weights, float* packed) const;

  Order order_;
  int64_t taps_, in_, out_, width_;
  int64_t rows_, columns_, blocks_;
  Place weights_;
  Scratch scratch_;
  std::shared_ptr<Kept> kept_;
};

}  // namespace sateen::cpu
