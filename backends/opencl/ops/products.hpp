// The products that convolutions and dense layers are made of.
#pragma once

#include <cstdint>
#include <optional>

#include "step.hpp"

namespace sateen::opencl {

/// Where a product's source rows lie, in floats: row p = (i · out_height + y) · out_width + x begins at
/// i · image + y · line + x · pixel and has `runs` runs of `run` floats, run_pitch apart.
struct Rows {
  int64_t n = 0, out_height = 1, out_width = 1;
  int64_t image = 0, line = 0, pixel = 0;
  int64_t runs = 1, run_pitch = 0, run = 0;

  int64_t count() const { return n * out_height * out_width; }
  int64_t depth() const { return runs * run; }
};

/// Weights as they lie in the graph, [taps][inner][columns]; turned: [taps][columns][inner], as the way back reads
/// them.
struct Weights {
  Place place;
  int64_t taps = 1, inner = 0, columns = 0;
  bool turned = false;
};

/// dst [rows][columns] = leaky(src · weights + bias); alpha 1 leaves the sum as it is.
void add_product(StepBuilder& builder, Place src, const Rows& rows, const Weights& weights, std::optional<Place> bias,
                 Place dst, float alpha);

/// dst [columns] = the column sums of src [rows][columns].
void add_column_sums(StepBuilder& builder, Place src, int64_t rows, int64_t columns, Place dst);

/// diff_weights [depth][columns] = srcᵀ · diff_dst and, where it is wanted, diff_bias = column sums of diff_dst.
void add_weights_gradient(StepBuilder& builder, Place src, const Rows& rows, Place diff_dst, int64_t columns,
                          Place diff_weights, std::optional<Place> diff_bias);

/// Activations [n][height][width][channels] and how they are spread: see kernels/pad.cl.
struct Spread {
  int64_t n = 0, height = 1, width = 1, channels = 0;
  int64_t out_height = 1, out_width = 1, out_channels = 0;
  int64_t before_y = 0, before_x = 0, step_y = 1, step_x = 1;

  bool changes_nothing() const {
    return before_y == 0 && before_x == 0 && step_y == 1 && step_x == 1 && height == out_height && width == out_width &&
           channels == out_channels;
  }
};

/// Where the spread activations lie: src itself where nothing changes.
Place add_pad(StepBuilder& builder, Place src, const Spread& spread);

}  // namespace sateen::opencl
