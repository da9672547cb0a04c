// The gradients of convolutions and dense layers by weights and bias on GPUs: a matrix product whose first factor is never
// made, but read where it lies; its long sum over the pixels is cut into parts.
//   for part < parts, row < taps * channels, k < columns, with row = (ky * window_x + kx) * channels + c:
//     out[part][row][k] = sum over the part's pixels p = (i, oy, ox):
//       src[i][oy * stride_y + ky - before_y][ox * stride_x + kx - before_x][c] * diff[p][k]; src is zero outside
//     bias[part][k] = sum over the part's pixels of diff[p][k], where has_bias: one more row, of ones
//   part p has the pixels from p * part_pixels on, part_pixels a multiple of TK; results of parts lie part_stride apart
// Groups: tiles of columns, times tiles of rows, times parts. Layout: src NHWC, diff [pixels][columns]. Division by the
// output's sizes: mul_hi(2 * n, magic) >> shift, exact for n < 2^31. Bounds: elements < 2^31; what is beyond them is read
// as zero and not stored.
#include "tile.clh"
#pragma OPENCL FP_CONTRACT ON

// Rows whose place differs, in a vector of four: where channels come in fours they share a tap.
#if ALIGNED
#define PLACES 1
#else
#define PLACES 4
#endif

/// The rows of the first factor that a work-item brings: row and column of the tap, the channel, and whether it is the
/// bias's.
typedef struct {
  int dy[PLACES], dx[PLACES], channel[PLACES], ones[PLACES];
} rows_of_item;

/// Four rows of the first factor at a pixel of an image.
static inline float4 load_rows(__global const float* image, int y0, int x0, int exists, const rows_of_item* rows,
                               int height, int width, int channels) {
  float v[PLACES];
#pragma unroll
  for (int r = 0; r < PLACES; ++r) {
    const int y = y0 + rows->dy[r];
    const int x = x0 + rows->dx[r];
    const int inside = exists && y >= 0 && y < height && x >= 0 && x < width;
    v[r] = rows->ones[r] && exists ? 1.0f : 0.0f;
#if ALIGNED
    if (inside) return load4(image + (y * width + x) * channels + rows->channel[r], 4);
  }
  return (float4)(v[0], 0.0f, 0.0f, 0.0f);
#else
    if (inside) v[r] = image[(y * width + x) * channels + rows->channel[r]];
  }
  return (float4)(v[0], v[1], v[2], v[3]);
#endif
}

SUB_GROUPS __kernel __attribute__((reqd_work_group_size(THREADS, 1, 1))) void implicit_gemm_gradient(
    __global const float* restrict src, ulong src_at, __global const float* restrict diff, ulong diff_at,
    __global float* restrict out, ulong out_at, __global float* restrict bias, ulong bias_at, int height, int width,
    int channels, int out_height, int out_width, uint width_magic, uint width_shift, uint height_magic,
    uint height_shift, int window_y, int window_x, int stride_y, int stride_x, int before_y, int before_x, int pixels,
    int columns, int has_bias, int part_pixels, ulong part_stride) {
  __local float4 a_tile[2 * A_FLOATS / 4];
  __local float4 b_tile[2 * B_FLOATS / 4];
  src += src_at;
  diff += diff_at;
  const int item = (int)get_local_id(0);
  const int depth = window_y * window_x * channels;
  const int column_tiles = (columns + TN - 1) / TN;
  const int row_tiles = (depth + has_bias + TM - 1) / TM;
  const int group = (int)get_group_id(0);
  const int first_column = group % column_tiles * TN;
  const int first_row = group / column_tiles % row_tiles * TM;
  const int part = group / column_tiles / row_tiles;
  const int first_pixel = part * part_pixels;
  const int end = first_pixel + min(part_pixels, pixels - first_pixel);
  const int steps = (end - first_pixel + TK - 1) / TK;

  // The four rows of the first factor that a work-item brings, and its four columns of the second.
  rows_of_item mine;
#pragma unroll
  for (int r = 0; r < PLACES; ++r) {
    const int row = first_row + item % (TM / 4) * 4 + r;
    const int tap = row / channels;
    mine.channel[r] = row % channels;
    mine.dx[r] = tap % window_x - before_x;
    mine.dy[r] = row < depth ? tap / window_x - before_y : -(1 << 30);  // outside for any pixel
    mine.ones[r] = has_bias && row == depth;
  }
  const int my_column = first_column + item % (TN / 4) * 4;
  float4 sum[RM][RN / 4];
#pragma unroll
  for (int i = 0; i < RM; ++i) {
#pragma unroll
    for (int j = 0; j < RN / 4; ++j) sum[i][j] = 0.0f;
  }

  for (int step = -1; step < steps; ++step) {
    float4 a[A_VECTORS];
    float4 b[B_VECTORS];
    const int more = step + 1 < steps;
    if (more) {
      const int at = first_pixel + (step + 1) * TK;
#pragma unroll
      for (int l = 0; l < A_VECTORS; ++l) {
        const int p = at + item / (TM / 4) + l * (THREADS / (TM / 4));
        const int line = (int)(mul_hi((uint)p * 2, width_magic) >> width_shift);
        const int image = (int)(mul_hi((uint)line * 2, height_magic) >> height_shift);
        const int x0 = (p - line * out_width) * stride_x;
        const int y0 = (line - image * out_height) * stride_y;
        a[l] = load_rows(src + image * height * width * channels, y0, x0, p < end, &mine, height, width, channels);
      }
#pragma unroll
      for (int l = 0; l < B_VECTORS; ++l) {
        const int p = at + item / (TN / 4) + l * (THREADS / (TN / 4));
        b[l] = 0.0f;
        if (p < end && my_column < columns) b[l] = load4(diff + p * columns + my_column, columns - my_column);
      }
    }
    if (step >= 0) multiply_tiles(a_tile + (step & 1) * (A_FLOATS / 4), b_tile + (step & 1) * (B_FLOATS / 4), sum);
    if (more) {
      __local float4* a_next = a_tile + ((step + 1) & 1) * (A_FLOATS / 4);
      __local float4* b_next = b_tile + ((step + 1) & 1) * (B_FLOATS / 4);
#pragma unroll
      for (int l = 0; l < A_VECTORS; ++l) {
        const int k = item / (TM / 4) + l * (THREADS / (TM / 4));
        a_next[k * (A_PITCH / 4) + item % (TM / 4)] = a[l];
      }
#pragma unroll
      for (int l = 0; l < B_VECTORS; ++l) {
        const int k = item / (TN / 4) + l * (THREADS / (TN / 4));
        b_next[k * (B_PITCH / 4) + item % (TN / 4)] = b[l];
      }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }

  out += out_at;
  bias += bias_at;
#pragma unroll
  for (int j = 0; j < RN / 4; ++j) {
    const int column = first_column + tile_column(j);
#pragma unroll
    for (int i = 0; i < RM; ++i) {
      const int row = first_row + tile_row(i);
      const long at = (long)part * (long)part_stride + column;
      if (column < columns && row < depth) {
        store4(out + at + (long)row * columns, sum[i][j], columns - column);
      }
      if (column < columns && row == depth && has_bias) store4(bias + at, sum[i][j], columns - column);
    }
  }
}
