// Convolutions with few input channels on GPUs, where memory is the limit and a tile of the sum would be empty.
//   few_channels_forward: for p < pixels, k < columns, with (i, oy, ox) the image and place of output pixel p:
//     sum = bias[k] + sum over taps (ky, kx), c < channels: src[i][oy * stride_y + ky - before_y][ox * stride_x + kx - before_x][c]
//                                                           * weights[ky * window_x + kx][c][k]
//     dst[p][k] = sum > 0 ? sum : alpha * sum; src is zero outside
//   few_channels_gradient: for part < parts, row < taps * channels + has_bias, k < columns, row = (ky * window_x + kx) * channels + c:
//     out[part][row][k] = sum over the part's pixels p of src[…][c] * diff[p][k], and of diff[p][k] for the last row, the
//     bias's; part p has the pixels from p * part_pixels on
// Global size: forward at least (pixels / PIXELS) * (columns / 4), both rounded up, a work-item PIXELS pixels by 4 columns;
// gradient groups of VECTORS4 * SLICES, (columns / (4 * VECTORS4)) * (rows / ROWS) * parts of them: a work-item adds every
// SLICES-th pixel for ROWS rows by 4 columns, and these sums are then added in order.
// Layout: src NHWC, weights [taps][channels][columns], diff and dst [pixels][columns]. Bounds: elements < 2^31.
#include "four.clh"
#pragma OPENCL FP_CONTRACT ON

#define PIXELS 4
#define VECTORS4 8
#define SLICES 16
#define ROWS 10
#define ROWS_AT_ONCE 5

SUB_GROUPS __kernel void few_channels_forward(__global const float* restrict src, ulong src_at,
                                              __global const float* restrict weights, ulong weights_at,
                                              __global const float* restrict bias, ulong bias_at,
                                              __global float* restrict dst, ulong dst_at, int height, int width,
                                              int channels, int out_height, int out_width, int window_y, int window_x,
                                              int stride_y, int stride_x, int before_y, int before_x, int pixels,
                                              int columns, int has_bias, float alpha) {
  const int blocks = (columns + 3) / 4;
  const int column = (int)(get_global_id(0) % (size_t)blocks) * 4;
  const int first = (int)(get_global_id(0) / (size_t)blocks) * PIXELS;
  const int left = columns - column;
  int at[PIXELS], y0[PIXELS], x0[PIXELS];
  float4 sum[PIXELS];
  float4 start = 0.0f;
  if (has_bias) start = load4(bias + bias_at + column, left);
#pragma unroll
  for (int i = 0; i < PIXELS; ++i) {
    const int p = first + i;
    x0[i] = p % out_width * stride_x - before_x;
    y0[i] = p / out_width % out_height * stride_y - before_y;
    at[i] = ((p / out_width / out_height * height + y0[i]) * width + x0[i]) * channels;
    if (p >= pixels) y0[i] = -(1 << 30);  // outside with any tap
    sum[i] = start;
  }
  src += src_at;
  weights += weights_at + column;
  for (int ky = 0; ky < window_y; ++ky) {
    for (int kx = 0; kx < window_x; ++kx) {
      for (int c = 0; c < channels; ++c) {
        const float4 factor = load4(weights, left);
#pragma unroll
        for (int i = 0; i < PIXELS; ++i) {
          const int y = y0[i] + ky;
          const int x = x0[i] + kx;
          float s = 0.0f;
          if (y >= 0 && y < height && x >= 0 && x < width) s = src[at[i] + (ky * width + kx) * channels + c];
          sum[i] += s * factor;
        }
        weights += columns;
      }
    }
  }
  dst += dst_at;
#pragma unroll
  for (int i = 0; i < PIXELS; ++i) {
    const float4 s = sum[i];
    if (first + i < pixels) store4(dst + (first + i) * columns + column, select(alpha * s, s, s > 0.0f), left);
  }
}

SUB_GROUPS __kernel __attribute__((reqd_work_group_size(VECTORS4 * SLICES, 1, 1))) void few_channels_gradient(
    __global const float* restrict src, ulong src_at, __global const float* restrict diff, ulong diff_at,
    __global float* restrict out, ulong out_at, int height, int width, int channels, int out_height, int out_width,
    int window_y, int window_x, int stride_y, int stride_x, int before_y, int before_x, int pixels, int columns,
    int has_bias, int part_pixels) {
  __local float4 slices[SLICES][ROWS_AT_ONCE][VECTORS4];
  const int item = (int)get_local_id(0);
  const int lane = item / VECTORS4;
  const int depth = window_y * window_x * channels;
  const int rows = depth + has_bias;
  const int column_blocks = (columns + 4 * VECTORS4 - 1) / (4 * VECTORS4);
  const int row_blocks = (rows + ROWS - 1) / ROWS;
  const int group = (int)get_group_id(0);
  const int first_column = group % column_blocks * (4 * VECTORS4);
  const int first_row = group / column_blocks % row_blocks * ROWS;
  const int part = group / column_blocks / row_blocks;
  const int column = first_column + item % VECTORS4 * 4;
  const int begin = part * part_pixels;
  const int end = begin + min(part_pixels, pixels - begin);
  int dy[ROWS], dx[ROWS], place[ROWS];
  float4 sum[ROWS];
#pragma unroll
  for (int r = 0; r < ROWS; ++r) {
    const int row = first_row + r;
    const int tap = row / channels;
    dx[r] = tap % window_x - before_x;
    dy[r] = tap / window_x - before_y;
    place[r] = (dy[r] * width + dx[r]) * channels + row % channels;
    if (row >= depth) dy[r] = -(1 << 30);  // outside for any pixel
    sum[r] = 0.0f;
  }
  src += src_at;
  diff += diff_at + column;
  if (column < columns) {
    for (int p = begin + lane; p < end; p += SLICES) {
      const float4 d = load4(diff + p * columns, columns - column);
      const int x0 = p % out_width * stride_x;
      const int y0 = p / out_width % out_height * stride_y;
      const int at = ((p / out_width / out_height * height + y0) * width + x0) * channels;
#pragma unroll
      for (int r = 0; r < ROWS; ++r) {
        const int y = y0 + dy[r];
        const int x = x0 + dx[r];
        float s = has_bias && first_row + r == depth ? 1.0f : 0.0f;
        if (y >= 0 && y < height && x >= 0 && x < width) s = src[at + place[r]];
        sum[r] += s * d;
      }
    }
  }
  out += out_at + (ulong)part * (ulong)(rows * columns);
#pragma unroll
  for (int done = 0; done < ROWS; done += ROWS_AT_ONCE) {
#pragma unroll
    for (int r = 0; r < ROWS_AT_ONCE; ++r) slices[lane][r][item % VECTORS4] = sum[done + r];
    barrier(CLK_LOCAL_MEM_FENCE);
    const int r = item / VECTORS4;
    if (r < ROWS_AT_ONCE) {
      float4 all = slices[0][r][item % VECTORS4];
      for (int other = 1; other < SLICES; ++other) all += slices[other][r][item % VECTORS4];
      const int row = first_row + done + r;
      if (row < rows && column < columns) store4(out + row * columns + column, all, columns - column);
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
}
