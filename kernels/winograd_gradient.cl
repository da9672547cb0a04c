// The gradient of a convolution by 3×3 with stride 1 by its weights and bias, by Winograd's F(4×4, 3×3), for CPU devices;
// winograd.clh has the formula. Seen from a weight, tile by tile, dw = Gᵀ [ Σ (Bᵀ d B) ⊙ (A dy Aᵀ) ] G.
//   winograd_gradient: for the tiles of a part and a group of columns
//     sums[part][position][c][k] = sum over the tiles: transformed src[position][c] * spread diff[position][k]
//     bias_sums[part][k] = sum of diff over the part's pixels
//   winograd_gradient_gather: diff_weights[ky][kx][c][k] from the sums of all parts, added in order, likewise diff_bias
// A work-item takes GTILES tiles at a time; their transformed sources and gradients and the sums stay in its cache.
// Global size: winograd_gradient at least parts * groups, each with its part of scratch; winograd_gradient_gather at least
// channels * columns / LANES / span, rounded up. Layout: NHWC; channels a multiple of LANES, columns a multiple of WIDTH and
// `columns / groups` too. Part p has tiles p * tiles / parts up to the next part's. Bounds: elements < 2^31.
#include "winograd.clh"
#pragma OPENCL FP_CONTRACT ON

#ifndef GROWS
#define GROWS 8
#endif
#ifndef GTILES
#define GTILES 32
#endif
// As in winograd.cl: not a power of two from one position to the next.
#define PLANE(channels) ((channels)*GTILES + LANES)

/// sums [channels][columns] += sources [GTILES][channels]ᵀ · spread [GTILES][columns], of `count` tiles.
static inline void add_products(__global const float* sources, __global const float* spread, int count, int channels,
                                int columns, int begin, __global float* sums) {
  for (int row = 0; row < channels; row += GROWS) {
    for (int column = 0; column < columns; column += WIDTH) {
      __global float* to = sums + row * columns + column;
      vec sum[GROWS][VECTORS];
#pragma unroll
      for (int i = 0; i < GROWS; ++i) {
#pragma unroll
        for (int v = 0; v < VECTORS; ++v) sum[i][v] = begin ? (vec)0.0f : VLOAD(to + i * columns + v * LANES);
      }
      __global const float* s = sources + row;
      __global const float* d = spread + column;
#pragma unroll 1
      for (int t = 0; t < count; ++t) {
        vec factor[VECTORS];
#pragma unroll
        for (int v = 0; v < VECTORS; ++v) factor[v] = VLOAD(d + v * LANES);
#pragma unroll
        for (int i = 0; i < GROWS; ++i) {
          const float one = s[i];
#pragma unroll
          for (int v = 0; v < VECTORS; ++v) sum[i][v] += one * factor[v];
        }
        s += channels;
        d += columns;
      }
#pragma unroll
      for (int i = 0; i < GROWS; ++i) {
#pragma unroll
        for (int v = 0; v < VECTORS; ++v) VSTORE(sum[i][v], to + i * columns + v * LANES);
      }
    }
  }
}

/// A tile's gradients, spread, LANES columns of them, and their sum. `rows` and `across` of the 4×4 are inside.
static inline vec spread_diff(__global const float* from, int rows, int across, int width, int columns,
                              __global float* to, int plane) {
  vec once[24];
  vec total = 0.0f;
  for (int j = 0; j < 4; ++j) {
    vec d[4];
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      d[i] = 0.0f;
      if (i < rows && j < across) d[i] = VLOAD(from + (i * width + j) * columns);
      total += d[i];
    }
    RESULT_SPREAD(once + j, 4, d[0], d[1], d[2], d[3])
  }
  for (int i = 0; i < 6; ++i) {
    vec twice[6];
    const vec* h = once + i * 4;
    RESULT_SPREAD(twice, 1, h[0], h[1], h[2], h[3])
#pragma unroll
    for (int j = 0; j < 6; ++j) VSTORE(twice[j], to + (i * 6 + j) * plane);
  }
  return total;
}

__kernel void winograd_gradient(__global const float* restrict src, ulong src_at, __global const float* restrict diff,
                                ulong diff_at, __global float* scratch, ulong scratch_at, __global float* restrict sums,
                                ulong sums_at, __global float* restrict bias_sums, ulong bias_sums_at, int n,
                                int height, int width, int channels, int out_height, int out_width, int columns,
                                int pad_top, int pad_left, int parts, int groups) {
  const int item = (int)get_global_id(0);
  const int part = item / groups;
  const int group = item % groups;
  const int group_columns = columns / groups;
  const int tiles_x = (out_width + 3) / 4;
  const int tiles_y = (out_height + 3) / 4;
  const long tiles = (long)n * tiles_y * tiles_x;
  const int source_plane = PLANE(channels);
  const int diff_plane = PLANE(group_columns);
  __global float* sources = scratch + scratch_at + (long)item * 36 * (source_plane + diff_plane);
  __global float* spread = sources + 36 * source_plane;
  const int begin = (int)(part * tiles / parts);
  const int end = part < parts ? (int)((part + 1) * tiles / parts) : begin;
  sums += sums_at + (long)item * 36 * channels * group_columns;
  bias_sums += bias_sums_at + (long)part * columns + group * group_columns;
  for (int first = begin; first < end; first += GTILES) {
    const int count = min(GTILES, end - first);
    for (int t = 0; t < count; ++t) {
      const int x = (first + t) % tiles_x * 4;
      const int y = (first + t) / tiles_x % tiles_y * 4;
      const long i = (first + t) / tiles_x / tiles_y;
      __global const float* from =
          src + src_at + (i * height * width + (y - pad_top) * width + x - pad_left) * channels;
      for (int c = 0; c < channels; c += LANES) {
        transform_source(from + c, height, width, channels, y - pad_top, x - pad_left, sources + t * channels + c,
                         source_plane);
      }
      __global const float* d =
          diff + diff_at + ((i * out_height + y) * out_width + x) * columns + group * group_columns;
      for (int k = 0; k < group_columns; k += LANES) {
        const vec total = spread_diff(d + k, out_height - y, out_width - x, out_width, columns,
                                      spread + t * group_columns + k, diff_plane);
        VSTORE(first == begin && t == 0 ? total : VLOAD(bias_sums + k) + total, bias_sums + k);
      }
    }
    for (int position = 0; position < 36; ++position) {
      add_products(sources + position * source_plane, spread + position * diff_plane, count, channels, group_columns,
                   first == begin, sums + (long)position * channels * group_columns);
    }
  }
}

__kernel void winograd_gradient_gather(__global const float* restrict sums, ulong sums_at,
                                       __global const float* restrict bias_sums, ulong bias_sums_at,
                                       __global float* restrict diff_weights, ulong diff_weights_at,
                                       __global float* restrict diff_bias, ulong diff_bias_at, int channels,
                                       int columns, int parts, int groups, int has_bias, int span) {
  const int group_columns = columns / groups;
  const int vectors = columns / LANES;
  const int first = (int)get_global_id(0) * span;
  const int end = min(first + span, channels * vectors);
  const long plane = (long)channels * group_columns;
  for (int at = first; at < end; ++at) {
    const int k = at % vectors * LANES;
    const int c = at / vectors;
    __global const float* from =
        sums + sums_at + k / group_columns * 36 * plane + (long)c * group_columns + k % group_columns;
    vec once[18];
    for (int j = 0; j < 6; ++j) {
      vec u[6];
      for (int i = 0; i < 6; ++i) {
        u[i] = VLOAD(from + (i * 6 + j) * plane);
        for (int part = 1; part < parts; ++part) u[i] += VLOAD(from + (i * 6 + j + (long)part * groups * 36) * plane);
      }
      WEIGHTS_GATHER(once + j, 6, u[0], u[1], u[2], u[3], u[4], u[5])
    }
    for (int i = 0; i < 3; ++i) {
      vec twice[3];
      const vec* h = once + i * 6;
      WEIGHTS_GATHER(twice, 1, h[0], h[1], h[2], h[3], h[4], h[5])
      for (int j = 0; j < 3; ++j) {
        VSTORE(twice[j], diff_weights + diff_weights_at + ((i * 3 + j) * (long)channels + c) * columns + k);
      }
    }
    if (has_bias && c == 0) {
      vec total = VLOAD(bias_sums + bias_sums_at + k);
      for (int part = 1; part < parts; ++part) total += VLOAD(bias_sums + bias_sums_at + (long)part * columns + k);
      VSTORE(total, diff_bias + diff_bias_at + k);
    }
  }
}
