// Convolutions by 3×3 with stride 1 of pictures with few channels, pooled by 2×2, for CPU devices: the first layer of a network.
// There is too little to reuse in it for a product of matrices, and its result is large before it is pooled: nothing but
// the pooled values is stored, forward, and nothing but them is read on the way back.
//   narrow_convolution_forward: dst = pool and dropout (pool_route.clh) of
//     leaky(bias[k] + sum over ky, kx, c of src[i][y + ky - pad_top][x + kx - pad_left][c] * weights[ky][kx][c][k])
//   narrow_convolution_gradient: with d[k] = diff_dst * (kept ? scale : 0) * (negative ? alpha : 1) of each pooled value, and
//     (y, x) the place that its route names, for the images of a part
//     sums[part][ky][kx][c][k] = sum of src[i][y + ky - pad_top][x + kx - pad_left][c] * d[k];  sums[part][9 channels][k] = sum of d[k]
// A work-item has a block of WIDTH columns and the images of a part, each of which it copies with a border first.
// Global size: at least parts * columns / WIDTH, each with its part of scratch, padded_height * padded_width * channels
// floats. Layout: NHWC; columns a multiple of WIDTH. padded: 2 * pooled + 2, so that every window's pixels are there.
#include "pool_route.clh"
#pragma OPENCL FP_CONTRACT ON

static inline void copy_with_border(__global const float* src, __global float* to, int height, int width, int channels,
                                    int padded_height, int padded_width, int pad_top, int pad_left) {
  for (int y = 0; y < padded_height; ++y) {
    for (int x = 0; x < padded_width; ++x) {
      const int sy = y - pad_top;
      const int sx = x - pad_left;
      const int inside = sy >= 0 && sy < height && sx >= 0 && sx < width;
      for (int c = 0; c < channels; ++c) *to++ = inside ? src[(sy * width + sx) * channels + c] : 0.0f;
    }
  }
}

__kernel void narrow_convolution_forward(
    __global const float* restrict src, ulong src_at, __global const float* restrict weights, ulong weights_at,
    __global const float* restrict bias, ulong bias_at, __global float* restrict scratch, ulong scratch_at,
    __global const int* restrict cursor, ulong cursor_at, __global float* restrict dst, ulong dst_at,
    __global uchar* restrict route, ulong route_at, int n, int height, int width, int channels, int out_height,
    int out_width, int columns, int pad_top, int pad_left, int pooled_height, int pooled_width, int parts, int has_bias,
    float alpha, int dropout, ulong seed, ulong first_group, uint stream, uint threshold, float scale, int has_route) {
  const int blocks = columns / WIDTH;
  const int part = (int)get_global_id(0) / blocks;
  const int column = (int)get_global_id(0) % blocks * WIDTH;
  const int padded_height = 2 * pooled_height + 2;
  const int padded_width = 2 * pooled_width + 2;
  const int line = padded_width * channels;
  const uint step = dropout ? (uint)cursor[cursor_at + 1] : 0;
  __global float* image = scratch + scratch_at + (long)get_global_id(0) * padded_height * line;
  __global const float* w = weights + weights_at + column;
  vec start[VECTORS];
#pragma unroll
  for (int v = 0; v < VECTORS; ++v) start[v] = has_bias ? VLOAD(bias + bias_at + column + v * LANES) : (vec)0.0f;
  const int end = part < parts ? (int)((long)(part + 1) * n / parts) : 0;
  for (int i = (int)((long)part * n / parts); i < end; ++i) {
    copy_with_border(src + src_at + (long)i * height * width * channels, image, height, width, channels, padded_height,
                     padded_width, pad_top, pad_left);
    for (int y = 0; y < pooled_height; ++y) {
      for (int x = 0; x < pooled_width; ++x) {
        vec sum[4][VECTORS];
#pragma unroll
        for (int p = 0; p < 4; ++p) {
#pragma unroll
          for (int v = 0; v < VECTORS; ++v) sum[p][v] = start[v];
        }
        __global const float* from = image + y * 2 * line + x * 2 * channels;
        for (int c = 0; c < channels; ++c) {
#pragma unroll
          for (int tap = 0; tap < 9; ++tap) {
            vec factor[VECTORS];
#pragma unroll
            for (int v = 0; v < VECTORS; ++v) factor[v] = VLOAD(w + (tap * channels + c) * columns + v * LANES);
#pragma unroll
            for (int p = 0; p < 4; ++p) {
              const float one = from[(tap / 3 + p / 2) * line + (tap % 3 + p % 2) * channels + c];
#pragma unroll
              for (int v = 0; v < VECTORS; ++v) sum[p][v] += one * factor[v];
            }
          }
        }
        const int right = x * 2 + 1 < out_width;
        const int below = y * 2 + 1 < out_height;
        vec best[VECTORS];
        mask at[VECTORS];
#pragma unroll
        for (int v = 0; v < VECTORS; ++v) {
#pragma unroll
          for (int p = 0; p < 4; ++p) sum[p][v] = select(alpha * sum[p][v], sum[p][v], sum[p][v] > 0.0f);
          best[v] = sum[0][v];
          at[v] = 0;
          if (right) pool_in(sum[1][v], 1, &best[v], &at[v]);
          if (below) pool_in(sum[2][v], 2, &best[v], &at[v]);
          if (right && below) pool_in(sum[3][v], 3, &best[v], &at[v]);
        }
        const ulong element = (((ulong)i * pooled_height + y) * pooled_width + x) * columns + column;
        drop_and_store(best, at, dropout, element, step, stream, seed, first_group, threshold, scale, has_route,
                       dst + dst_at, route + route_at);
      }
    }
  }
}

__kernel void narrow_convolution_gradient(__global const float* restrict src, ulong src_at,
                                          __global const float* restrict diff_dst, ulong diff_dst_at,
                                          __global const uchar* restrict route, ulong route_at,
                                          __global float* restrict scratch, ulong scratch_at,
                                          __global float* restrict sums, ulong sums_at, int n, int height, int width,
                                          int channels, int columns, int pad_top, int pad_left, int pooled_height,
                                          int pooled_width, int parts, float scale, float alpha) {
  const int blocks = columns / WIDTH;
  const int part = (int)get_global_id(0) / blocks;
  const int column = (int)get_global_id(0) % blocks * WIDTH;
  const int padded_height = 2 * pooled_height + 2;
  const int padded_width = 2 * pooled_width + 2;
  const int line = padded_width * channels;
  __global float* image = scratch + scratch_at + (long)get_global_id(0) * padded_height * line;
  sums += sums_at + (long)part * (9 * channels + 1) * columns + column;
  const int begin = (int)((long)part * n / parts);
  const int end = part < parts ? (int)((long)(part + 1) * n / parts) : 0;
  for (int i = begin; i < end; ++i) {
    copy_with_border(src + src_at + (long)i * height * width * channels, image, height, width, channels, padded_height,
                     padded_width, pad_top, pad_left);
    for (int c = 0; c < channels; ++c) {
      vec sum[9][VECTORS];
      vec total[VECTORS];
#pragma unroll
      for (int v = 0; v < VECTORS; ++v) {
        total[v] = 0.0f;
#pragma unroll
        for (int tap = 0; tap < 9; ++tap) sum[tap][v] = 0.0f;
      }
      for (int y = 0; y < pooled_height; ++y) {
        for (int x = 0; x < pooled_width; ++x) {
          const long at = (((long)i * pooled_height + y) * pooled_width + x) * columns + column;
          __global const float* from = image + y * 2 * line + x * 2 * channels + c;
#pragma unroll
          for (int v = 0; v < VECTORS; ++v) {
            const mask bits = TO_MASK(LOAD_BYTES(route + route_at + at + v * LANES));
            const vec kept = VLOAD(diff_dst + diff_dst_at + at + v * LANES) * scale;
            const vec routed = select(kept, kept * alpha, (bits & ROUTE_NEGATIVE) != 0);
            const vec diff = select((vec)0.0f, routed, (bits & ROUTE_KEPT) != 0);
            total[v] += diff;
#pragma unroll
            for (int p = 0; p < 4; ++p) {
              const vec here = select((vec)0.0f, diff, (bits & 3) == p);
#pragma unroll
              for (int tap = 0; tap < 9; ++tap) {
                sum[tap][v] += from[(tap / 3 + p / 2) * line + (tap % 3 + p % 2) * channels] * here;
              }
            }
          }
        }
      }
#pragma unroll
      for (int v = 0; v < VECTORS; ++v) {
#pragma unroll
        for (int tap = 0; tap < 9; ++tap) {
          __global float* to = sums + (tap * channels + c) * columns + v * LANES;
          VSTORE(i == begin ? sum[tap][v] : VLOAD(to) + sum[tap][v], to);
        }
        __global float* to = sums + 9 * channels * columns + v * LANES;
        if (c == 0) VSTORE(i == begin ? total[v] : VLOAD(to) + total[v], to);
      }
    }
  }
}

// diff_weights and diff_bias from the sums of all parts, added in order. Global size: at least (9 * channels + 1) * columns
// / LANES.
__kernel void narrow_convolution_sum(__global const float* restrict sums, ulong sums_at,
                                     __global float* restrict diff_weights, ulong diff_weights_at,
                                     __global float* restrict diff_bias, ulong diff_bias_at, int channels, int columns,
                                     int parts, int has_bias) {
  const int weights = 9 * channels * columns;
  const int at = (int)get_global_id(0) * LANES;
  if (at < weights + columns) {
    vec total = VLOAD(sums + sums_at + at);
    for (int part = 1; part < parts; ++part) total += VLOAD(sums + sums_at + (long)part * (weights + columns) + at);
    if (at < weights) {
      VSTORE(total, diff_weights + diff_weights_at + at);
    } else if (has_bias) {
      VSTORE(total, diff_bias + diff_bias_at + at - weights);
    }
  }
}
