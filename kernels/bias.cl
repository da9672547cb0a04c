// What a product of the GEMM library still lacks: the bias and the activation.
//   for i < rows, k < columns:
//     sum = dst[i][k] + bias[k];  dst[i][k] = sum > 0 ? sum : alpha * sum        (alpha = 1 without an activation)
// Global size: at least rows * columns / LANES, columns / LANES rounded up. Layout: dst [rows][columns], in place.
// Bounds: rows * columns < 2^31; nothing outside is touched.
#include "common.clh"
#pragma OPENCL FP_CONTRACT OFF

__kernel void add_bias(__global const float* restrict bias, ulong bias_at, __global float* restrict dst, ulong dst_at, int rows,
                 int columns, int has_bias, float alpha) {
  const int vectors = (columns + LANES - 1) / LANES;
  const long row = get_global_id(0) / vectors;
  const int column = (int)(get_global_id(0) % vectors) * LANES;
  if (row < rows) {
    const int left = columns - column;
    __global float* to = dst + dst_at + row * columns + column;
    vec sum = load_up_to(to, left);
    if (has_bias) sum += load_up_to(bias + bias_at + column, left);
    store_up_to(to, select(alpha * sum, sum, sum > 0.0f), left);
  }
}
