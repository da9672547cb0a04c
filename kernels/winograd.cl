// Convolutions by 3×3 with stride 1 by Winograd's F(4×4, 3×3), for CPU devices: forward, and with turned weights for the
// gradient by the source. winograd.clh has the formula.
//   winograd_weights: transformed weights U[block of columns][position][row][column], for 36 positions
//   winograd: dst[i][y][x][k] = leaky(bias[k] + sum over ky, kx, c of
//               src[i][y + ky - pad_top][x + kx - pad_left][c] * weights[ky][kx][c][k]), zeros outside src
//             and with `pool` the maxima of its windows of 2×2 instead. There is no dropout: a training's way forward
//             is not by Winograd, for maxima and signs that are close calls would turn.
// A work-item takes WTILES tiles at a time, of all images counted through: it transforms their sources, multiplies each
// position's matrix [WTILES][channels] with the weights', WROWS rows at a time in registers, and transforms the results.
// Global size: winograd_weights at least rows * blocks / span, rounded up; winograd `items`, each with its part of scratch.
// Layout: NHWC; src channels a multiple of LANES, dst columns a multiple of WIDTH. Bounds: elements < 2^31; tiles past the
// last are computed as the last one and not stored.
#include "winograd.clh"
#pragma OPENCL FP_CONTRACT ON

#ifndef WROWS
#define WROWS 8
#endif
#ifndef WTILES
#define WTILES 16
#endif
// Floats from a position's matrix to the next; powers of two apart they would get in each other's way in the cache.
#define SOURCE_PLANE(channels) ((channels)*WTILES + LANES)
#define RESULT_PLANE (WIDTH * WTILES + LANES)

// weights [3][3][rows][columns], or turned [3][3][columns][rows]: the tap is then 8 - tap.
__kernel void winograd_weights(__global const float* restrict weights, ulong weights_at, __global float* restrict out,
                               ulong out_at, int rows, int columns, int turned, int span) {
  weights += weights_at;
  const int first = (int)get_global_id(0) * span;
  const int end = min(first + span, rows * (columns / WIDTH));
  for (int at = first; at < end; ++at) {
    const int row = at % rows;
    const int block = at / rows;
    __global float* to = out + out_at + ((long)block * 36 * rows + row) * WIDTH;
    for (int v = 0; v < VECTORS; ++v) {
      const int column = block * WIDTH + v * LANES;
      vec g[9];
      for (int tap = 0; tap < 9; ++tap) {
        if (turned) {
          float part[LANES];
          for (int lane = 0; lane < LANES; ++lane)
            part[lane] = weights[((8 - tap) * columns + column + lane) * rows + row];
          g[tap] = VLOAD(part);
        } else {
          g[tap] = VLOAD(weights + (tap * rows + row) * columns + column);
        }
      }
      vec once[18];
      for (int j = 0; j < 3; ++j) WEIGHTS_TRANSFORM(once + j, 3, g[j], g[3 + j], g[6 + j])
      for (int i = 0; i < 6; ++i) {
        vec twice[6];
        WEIGHTS_TRANSFORM(twice, 1, once[i * 3], once[i * 3 + 1], once[i * 3 + 2])
        for (int j = 0; j < 6; ++j) VSTORE(twice[j], to + (long)(i * 6 + j) * rows * WIDTH + v * LANES);
      }
    }
  }
}

/// One position's product: sources [channels / LANES][WTILES][LANES] by weights [channels][WIDTH].
static inline void multiply_position(__global const float* sources, __global const float* weights, int channels,
                                     __global float* to) {
  for (int row = 0; row < WTILES; row += WROWS) {
    vec sum[WROWS][VECTORS];
#pragma unroll
    for (int i = 0; i < WROWS; ++i) {
#pragma unroll
      for (int v = 0; v < VECTORS; ++v) sum[i][v] = 0.0f;
    }
    __global const float* w = weights;
    __global const float* s = sources + row * LANES;
    for (int c = 0; c < channels; c += LANES) {
#pragma unroll 4
      for (int lane = 0; lane < LANES; ++lane) {
        vec factor[VECTORS];
#pragma unroll
        for (int v = 0; v < VECTORS; ++v) factor[v] = VLOAD(w + v * LANES);
#pragma unroll
        for (int i = 0; i < WROWS; ++i) {
          const float one = s[i * LANES + lane];
#pragma unroll
          for (int v = 0; v < VECTORS; ++v) sum[i][v] += one * factor[v];
        }
        w += WIDTH;
      }
      s += WTILES * LANES;
    }
#pragma unroll
    for (int i = 0; i < WROWS; ++i) {
#pragma unroll
      for (int v = 0; v < VECTORS; ++v) VSTORE(sum[i][v], to + (row + i) * WIDTH + v * LANES);
    }
  }
}

/// The 16 results of a tile, with bias and activation, LANES columns of them.
static inline void transform_result(__global const float* from, vec bias, float alpha, vec* y) {
  vec once[24];
  for (int j = 0; j < 6; ++j) {
    vec m[6];
#pragma unroll
    for (int i = 0; i < 6; ++i) m[i] = VLOAD(from + (i * 6 + j) * RESULT_PLANE);
    RESULT_TRANSFORM(once + j, 6, m[0], m[1], m[2], m[3], m[4], m[5])
  }
  for (int i = 0; i < 4; ++i) {
    const vec* h = once + i * 6;
    RESULT_TRANSFORM(y + i * 4, 1, h[0], h[1], h[2], h[3], h[4], h[5])
#pragma unroll
    for (int j = 0; j < 4; ++j) {
      const vec sum = y[i * 4 + j] + bias;
      y[i * 4 + j] = select(alpha * sum, sum, sum > 0.0f);
    }
  }
}

/// The first maximum of two, of which a NaN is the larger.
static inline vec larger(vec best, vec value) {
  return select(best, value, (value > best) | (isnan(value) & ~isnan(best)));
}

__kernel void winograd(__global const float* restrict src, ulong src_at, __global const float* restrict weights,
                       ulong weights_at, __global const float* restrict bias, ulong bias_at, __global float* scratch,
                       ulong scratch_at, __global float* restrict dst, ulong dst_at, int n, int height, int width,
                       int channels, int out_height, int out_width, int columns, int pad_top, int pad_left,
                       int has_bias, float alpha, int pool, int pooled_height, int pooled_width, int items) {
  const int tiles_x = (out_width + 3) / 4;
  const int tiles_y = (out_height + 3) / 4;
  const int tiles = n * tiles_y * tiles_x;
  const int item = (int)get_global_id(0);
  const int plane = SOURCE_PLANE(channels);
  __global float* sources = scratch + scratch_at + (long)item * 36 * (plane + RESULT_PLANE);
  __global float* results = sources + 36 * plane;
  for (int first = item * WTILES; item < items && first < tiles; first += items * WTILES) {
    for (int t = 0; t < WTILES; ++t) {
      const int tile = min(first + t, tiles - 1);
      const int ty = tile / tiles_x % tiles_y;
      __global const float* image = src + src_at + (long)(tile / tiles_x / tiles_y) * height * width * channels;
      const int y = ty * 4 - pad_top;
      const int x = tile % tiles_x * 4 - pad_left;
      for (int c = 0; c < channels; c += LANES) {
        transform_source(image + (y * width + x) * channels + c, height, width, channels, y, x,
                         sources + c * WTILES + t * LANES, plane);
      }
    }
    for (int column = 0; column < columns; column += WIDTH) {
      for (int position = 0; position < 36; ++position) {
        multiply_position(sources + position * plane,
                          weights + weights_at + (column / WIDTH * 36 + position) * (long)channels * WIDTH, channels,
                          results + position * RESULT_PLANE);
      }
      for (int t = 0; t < WTILES && first + t < tiles; ++t) {
        const int x = (first + t) % tiles_x * 4;
        const int y = (first + t) / tiles_x % tiles_y * 4;
        const int i = (first + t) / tiles_x / tiles_y;
        vec out[VECTORS][16];
#pragma unroll
        for (int v = 0; v < VECTORS; ++v) {
          const vec start = has_bias ? VLOAD(bias + bias_at + column + v * LANES) : (vec)0.0f;
          transform_result(results + t * WIDTH + v * LANES, start, alpha, out[v]);
        }
        if (!pool) {
          __global float* to = dst + dst_at + ((long)(i * out_height + y) * out_width + x) * columns + column;
          for (int r = 0; r < min(4, out_height - y); ++r) {
            for (int s = 0; s < min(4, out_width - x); ++s) {
#pragma unroll
              for (int v = 0; v < VECTORS; ++v) {
                VSTORE(out[v][r * 4 + s], to + (long)(r * out_width + s) * columns + v * LANES);
              }
            }
          }
        } else {
          for (int r = 0; r < 4 && (y + r) / 2 < pooled_height; r += 2) {
            for (int s = 0; s < 4 && (x + s) / 2 < pooled_width; s += 2) {
              __global float* to =
                  dst + dst_at +
                  ((long)(i * pooled_height + (y + r) / 2) * pooled_width + (x + s) / 2) * columns + column;
#pragma unroll
              for (int v = 0; v < VECTORS; ++v) {
                const vec* o = out[v] + r * 4 + s;
                vec best = o[0];
                if (x + s + 1 < out_width) best = larger(best, o[1]);
                if (y + r + 1 < out_height) {
                  best = larger(best, o[4]);
                  if (x + s + 1 < out_width) best = larger(best, o[5]);
                }
                VSTORE(best, to + v * LANES);
              }
            }
          }
        }
      }
    }
  }
}
