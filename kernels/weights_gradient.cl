// The gradients of convolutions and dense layers by weights and bias: long sums, in parts that are added in order.
//   weights_gradient: for part < parts, row < runs * run, k < columns:
//     out[part][row][k] = sum over the part's lines, x < out_width:
//       src[i * image + y * line + x * pixel + row / run * run_pitch + row % run] * diff[line number][x][k]
//     lines: (i, y) with y < out_height, counted through; part p has lines p * lines / parts up to the next part's
//   column_sums: out[part][k] = sum over the part's rows of diff[row][k]
//   sum_parts: out[e] = sum over part < parts of in[part][e], in order
// Global size: weights_gradient at least parts * blocks * tiles, with blocks = columns / WIDTH and tiles = rows / TILE,
// both rounded up, a work-item one tile; column_sums at least parts * columns / LANES, rounded up; sum_parts at least
// n / LANES, rounded up. Layout: src as in multiply.cl; diff [lines][out_width][diff_columns], diff_columns a multiple of
// WIDTH. Bounds: elements < 2^31; rows past the last are computed as the last one and not stored.
#include "common.clh"
#pragma OPENCL FP_CONTRACT ON

__kernel void weights_gradient(__global const float* restrict src, ulong src_at, __global const float* restrict diff,
                               ulong diff_at, __global float* restrict out, ulong out_at, int lines, int out_height,
                               int out_width, int image, int line, int pixel, int runs, int run_pitch, int run,
                               int columns, int diff_columns, int parts) {
  const int rows = runs * run;
  const int blocks = (columns + WIDTH - 1) / WIDTH;
  const int tiles = (rows + TILE - 1) / TILE;
  const int column = (int)(get_global_id(0) % blocks) * WIDTH;
  const int tile = (int)(get_global_id(0) / blocks % tiles);
  const long part = get_global_id(0) / blocks / tiles;
  if (part < parts) {
    int place[TILE];
    vec sum[TILE][VECTORS];
#pragma unroll
    for (int i = 0; i < TILE; ++i) {
      const int row = min(tile * TILE + i, rows - 1);
      place[i] = row / run * run_pitch + row % run;
#pragma unroll
      for (int v = 0; v < VECTORS; ++v) sum[i][v] = 0.0f;
    }
    const int end = (int)((part + 1) * lines / parts);
    for (int at = (int)(part * lines / parts); at < end; ++at) {
      __global const float* from = src + src_at + at / out_height * (long)image + at % out_height * (long)line;
      __global const float* d = diff + diff_at + (long)at * out_width * diff_columns + column;
#pragma unroll 1
      for (int x = 0; x < out_width; ++x) {
        vec factor[VECTORS];
#pragma unroll
        for (int v = 0; v < VECTORS; ++v) factor[v] = VLOAD(d + v * LANES);
#pragma unroll
        for (int i = 0; i < TILE; ++i) {
          const float s = from[place[i]];
#pragma unroll
          for (int v = 0; v < VECTORS; ++v) sum[i][v] += s * factor[v];
        }
        from += pixel;
        d += diff_columns;
      }
    }
    out += out_at + part * rows * columns;
#pragma unroll
    for (int i = 0; i < TILE; ++i) {
#pragma unroll
      for (int v = 0; v < VECTORS; ++v) {
        const int k = column + v * LANES;
        const int row = tile * TILE + i;
        if (row < rows && k < columns) store_up_to(out + (long)row * columns + k, sum[i][v], columns - k);
      }
    }
  }
}

__kernel void column_sums(__global const float* restrict diff, ulong diff_at, __global float* restrict out, ulong out_at,
                          int rows, int columns, int parts) {
  const int blocks = (columns + LANES - 1) / LANES;
  const int column = (int)(get_global_id(0) % blocks) * LANES;
  const long part = get_global_id(0) / blocks;
  if (part < parts) {
    vec sum = 0.0f;
    const int end = (int)((part + 1) * rows / parts);
    for (int row = (int)(part * rows / parts); row < end; ++row) {
      sum += load_up_to(diff + diff_at + (long)row * columns + column, columns - column);
    }
    store_up_to(out + out_at + part * columns + column, sum, columns - column);
  }
}

__kernel void sum_parts(__global const float* restrict in, ulong in_at, __global float* restrict out, ulong out_at, int n,
                        int parts) {
  const long at = (long)get_global_id(0) * LANES;
  if (at < n) {
    vec sum = load_up_to(in + in_at + at, (int)(n - at));
    for (int part = 1; part < parts; ++part) sum += load_up_to(in + in_at + (long)part * n + at, (int)(n - at));
    store_up_to(out + out_at + at, sum, (int)(n - at));
  }
}
