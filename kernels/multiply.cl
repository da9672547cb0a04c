// The product behind convolutions and dense layers, forward and for the gradient by the source.
//   for p < rows, k < columns:
//     sum = bias[k] + sum over r < runs, j < run: src[base(p) + r * run_pitch + j] * weights[r * run + j][k]
//     dst[p][k] = sum > 0 ? sum : alpha * sum        (alpha = 1 without an activation)
//   base(p) = i * image + y * line + x * pixel, for p = (i * out_height + y) * out_width + x
// A convolution's rows are its output pixels, its runs the rows of its window, whose pixels lie side by side in src; a
// dense layer has one run. Padding has been copied around src before, so that nothing is asked here.
// Global size: at least blocks * groups, with blocks = columns / WIDTH and groups = rows / (TILE * span), both rounded
// up: a work-item computes `span` tiles of TILE rows by WIDTH columns, one after the other.
// Layout: weights packed by `pack`: element (row, column) at column / WIDTH * block_stride + row * row_stride +
// column % WIDTH, zeros for columns from `columns` on. Bounds: elements < 2^31; rows past the last are computed as the
// last one and not stored.
#include "common.clh"
#pragma OPENCL FP_CONTRACT ON

__kernel void multiply(__global const float* restrict src, ulong src_at, __global const float* restrict weights,
                       ulong weights_at, __global const float* restrict bias, ulong bias_at, __global float* restrict dst,
                       ulong dst_at, int rows, int out_height, int out_width, int image, int line, int pixel, int runs,
                       int run_pitch, int run, int columns, int block_stride, int row_stride, int has_bias, float alpha,
                       int span) {
  src += src_at;
  dst += dst_at;
  const int blocks = (columns + WIDTH - 1) / WIDTH;
  const int block = (int)(get_global_id(0) % blocks);
  const long group = get_global_id(0) / blocks;
  const int column = block * WIDTH;
  weights += weights_at + (long)block * block_stride;
  vec start[VECTORS];
#pragma unroll
  for (int v = 0; v < VECTORS; ++v) {
    const int at = column + v * LANES;
    start[v] = has_bias && at < columns ? load_up_to(bias + bias_at + at, columns - at) : (vec)0.0f;
  }
  for (int t = 0; t < span; ++t) {
    const long first = (group * span + t) * TILE;
    if (first < rows) {
      __global const float* from[TILE];
      vec sum[TILE][VECTORS];
#pragma unroll
      for (int i = 0; i < TILE; ++i) {
        const int p = (int)min(first + i, (long)rows - 1);
        const int x = p % out_width;
        const int y = p / out_width % out_height;
        from[i] = src + (p / out_width / out_height * (long)image + y * (long)line + x * (long)pixel);
#pragma unroll
        for (int v = 0; v < VECTORS; ++v) sum[i][v] = start[v];
      }
      __global const float* w = weights;
      for (int r = 0; r < runs; ++r) {
        for (int j = 0; j < run; ++j) {
          vec factor[VECTORS];
#pragma unroll
          for (int v = 0; v < VECTORS; ++v) factor[v] = VLOAD(w + v * LANES);
#pragma unroll
          for (int i = 0; i < TILE; ++i) {
            const float s = from[i][r * run_pitch + j];
#pragma unroll
            for (int v = 0; v < VECTORS; ++v) sum[i][v] += s * factor[v];
          }
          w += row_stride;
        }
      }
#pragma unroll
      for (int i = 0; i < TILE; ++i) {
#pragma unroll
        for (int v = 0; v < VECTORS; ++v) {
          const int at = column + v * LANES;
          const vec s = sum[i][v];
          if (first + i < rows && at < columns) {
            store_up_to(dst + (first + i) * columns + at, select(alpha * s, s, s > 0.0f), columns - at);
          }
        }
      }
    }
  }
}

// packed(row, column) = weights[row][column], or for the gradient by the source, with row = (tap, j), inner of them a tap:
// weights[taps - 1 - tap][column][j]: turned around, and inputs and outputs exchanged.
// Global size: at least blocks * taps * inner / span, rounded up; a work-item packs `span` rows of a block. Layout: packed
// as above; weights [taps][inner][columns] or, turned, [taps][columns][inner].
__kernel void pack(__global const float* restrict weights, ulong weights_at, __global float* restrict packed,
                   ulong packed_at, int taps, int inner, int columns, int block_stride, int row_stride, int turned,
                   int span) {
  weights += weights_at;
  packed += packed_at;
  const int rows = taps * inner;
  const int blocks = (columns + WIDTH - 1) / WIDTH;
  const long first = (long)get_global_id(0) * span;
  for (int k = 0; k < span; ++k) {
    const int row = (int)((first + k) % rows);
    const long block = (first + k) / rows;
    if (block < blocks) {
      __global float* to = packed + block * block_stride + (long)row * row_stride;
      const int tap = row / inner;
      const int j = row % inner;
      for (int v = 0; v < VECTORS; ++v) {
        const int column = (int)block * WIDTH + v * LANES;
        if (!turned) {
          VSTORE(column < columns ? load_up_to(weights + (long)row * columns + column, columns - column) : (vec)0.0f,
                 to + v * LANES);
        } else {
          for (int lane = 0; lane < LANES; ++lane) {
            const long at = ((long)(taps - 1 - tap) * columns + column + lane) * inner + j;
            to[v * LANES + lane] = column + lane < columns ? weights[at] : 0.0f;
          }
        }
      }
    }
  }
}
