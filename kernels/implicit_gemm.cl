// Convolutions and dense layers on GPUs, forward and for the gradient by the source: a matrix product whose first factor is
// never made, but read where it lies.
//   for p < pixels, k < columns, with (i, oy, ox) the image and place of output pixel p:
//     sum = sum over taps (ky, kx), c < channels: src[i][oy * stride_y + ky - before_y][ox * stride_x + kx - before_x][c]
//                                                 * weights[ky * window_x + kx][c][k]
//     dst[p][k] = leaky(sum + bias[k]), leaky(s) = s > 0 ? s : alpha * s; src is zero outside
//   TURNED: the same with weights[taps - 1 - tap][k][c], the way back through a stride of 1
// With `parts` > 1 the sum's steps (TK channels of a tap each) are cut into parts of part_steps, and dst[part][p][k] gets
// a part's sum alone, for add_parts.cl. Groups: tiles of columns, times tiles of pixels, times parts.
// Layout: src NHWC, weights [taps][channels][columns], turned [taps][columns][channels]. Bounds: elements < 2^31; what is
// beyond them is read as zero and not stored.
#include "tile.clh"
#ifndef TURNED
#define TURNED 0
#endif
#pragma OPENCL FP_CONTRACT ON

/// Into column `column` of a tile, from row `row` on.
static inline void put_column(__local float4* tile, int pitch, int row, int column, float4 v) {
  __local float* to = (__local float*)tile + row * pitch + column;
  to[0] = v.s0;
  to[pitch] = v.s1;
  to[2 * pitch] = v.s2;
  to[3 * pitch] = v.s3;
}

/// Where the sum is: a tap, and the first of TK channels.
typedef struct {
  int ky, kx, channel;
} place;

static inline place place_of(int step, int steps_a_tap, int window_x) {
  const int tap = step / steps_a_tap;
  const place at = {tap / window_x, tap % window_x, step % steps_a_tap * TK};
  return at;
}

static inline place next_place(place at, int channels, int window_x) {
  at.channel += TK;
  if (at.channel >= channels) {
    at.channel = 0;
    at.kx += 1;
  }
  if (at.kx == window_x) {
    at.kx = 0;
    at.ky += 1;
  }
  return at;
}

/// The pixels of the first factor that a work-item brings, for the tap (0, 0): element, row and column in src.
typedef struct {
  int at[A_VECTORS], y[A_VECTORS], x[A_VECTORS];
} pixels_of_item;

SUB_GROUPS __kernel __attribute__((reqd_work_group_size(THREADS, 1, 1))) void implicit_gemm(
    __global const float* restrict src, ulong src_at, __global const float* restrict weights, ulong weights_at,
    __global const float* restrict bias, ulong bias_at, __global float* restrict dst, ulong dst_at, int height,
    int width, int channels, int out_height, int out_width, int window_y, int window_x, int stride_y, int stride_x,
    int before_y, int before_x, int pixels, int columns, int has_bias, float alpha, int part_steps) {
  __local float4 a_tile[2 * A_FLOATS / 4];
  __local float4 b_tile[2 * B_FLOATS / 4];
  src += src_at;
  weights += weights_at;
  bias += bias_at;
  dst += dst_at;
  const int item = (int)get_local_id(0);
  const int column_tiles = (columns + TN - 1) / TN;
  const int pixel_tiles = (pixels + TM - 1) / TM;
  const int group = (int)get_group_id(0);
  const int first_column = group % column_tiles * TN;
  const int first_pixel = group / column_tiles % pixel_tiles * TM;
  const int part = group / column_tiles / pixel_tiles;
  const int steps_a_tap = (channels + TK - 1) / TK;
  const int taps = window_y * window_x;
  const int first = part * part_steps;
  const int steps = min(part_steps, steps_a_tap * taps - first);

  pixels_of_item mine;
#pragma unroll
  for (int l = 0; l < A_VECTORS; ++l) {
    const int p = first_pixel + (item + l * THREADS) / (TK / 4);
    mine.x[l] = p % out_width * stride_x - before_x;
    mine.y[l] = p / out_width % out_height * stride_y - before_y;
    mine.at[l] = ((p / out_width / out_height * height + mine.y[l]) * width + mine.x[l]) * channels;
    if (p >= pixels) mine.y[l] = -(1 << 30);  // outside with any tap
  }
  float4 sum[RM][RN / 4];
#pragma unroll
  for (int i = 0; i < RM; ++i) {
#pragma unroll
    for (int j = 0; j < RN / 4; ++j) sum[i][j] = 0.0f;
  }

  place at = place_of(first, steps_a_tap, window_x);
  for (int step = -1; step < steps; ++step) {
    float4 a[A_VECTORS];
    float4 b[B_VECTORS];
    const int more = step + 1 < steps;
    if (more) {
#pragma unroll
      for (int l = 0; l < A_VECTORS; ++l) {
        const int channel = at.channel + item % (TK / 4) * 4;
        const int y = mine.y[l] + at.ky;
        const int x = mine.x[l] + at.kx;
        const int inside = y >= 0 && y < height && x >= 0 && x < width && channel < channels;
        a[l] = 0.0f;
        if (inside) a[l] = load4(src + mine.at[l] + (at.ky * width + at.kx) * channels + channel, channels - channel);
      }
      const int tap = at.ky * window_x + at.kx;
#pragma unroll
      for (int l = 0; l < B_VECTORS; ++l) {
        const int number = item + l * THREADS;
        const int channel = at.channel + (TURNED ? number % (TK / 4) * 4 : number / (TN / 4));
        const int column = first_column + (TURNED ? number / (TK / 4) : number % (TN / 4) * 4);
        const int from = TURNED ? ((taps - 1 - tap) * columns + column) * channels + channel
                                : (tap * channels + channel) * columns + column;
        b[l] = 0.0f;
        if (channel < channels && column < columns) {
          b[l] = load4(weights + from, TURNED ? channels - channel : columns - column);
        }
      }
      at = next_place(at, channels, window_x);
    }
    if (step >= 0) multiply_tiles(a_tile + (step & 1) * (A_FLOATS / 4), b_tile + (step & 1) * (B_FLOATS / 4), sum);
    if (more) {
      __local float4* a_next = a_tile + ((step + 1) & 1) * (A_FLOATS / 4);
      __local float4* b_next = b_tile + ((step + 1) & 1) * (B_FLOATS / 4);
#pragma unroll
      for (int l = 0; l < A_VECTORS; ++l) {
        const int number = item + l * THREADS;
        put_column(a_next, A_PITCH, number % (TK / 4) * 4, number / (TK / 4), a[l]);
      }
#pragma unroll
      for (int l = 0; l < B_VECTORS; ++l) {
        const int number = item + l * THREADS;
        if (TURNED) {
          put_column(b_next, B_PITCH, number % (TK / 4) * 4, number / (TK / 4), b[l]);
        } else {
          b_next[(number / (TN / 4) * B_PITCH + number % (TN / 4) * 4) / 4] = b[l];
        }
      }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }

#pragma unroll
  for (int j = 0; j < RN / 4; ++j) {
    const int column = first_column + tile_column(j);
    float4 start = 0.0f;
    if (has_bias && column < columns) start = load4(bias + column, columns - column);
#pragma unroll
    for (int i = 0; i < RM; ++i) {
      const int p = first_pixel + tile_row(i);
      const float4 s = sum[i][j] + start;
      const float4 result = select(alpha * s, s, s > 0.0f);
      if (p < pixels && column < columns) {
        store4(dst + ((long)part * pixels + p) * columns + column, result, columns - column);
      }
    }
  }
}
