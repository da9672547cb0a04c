// Max-pooling in both directions.
//   forward:  dst[i][oy][ox][c] = maximum of src[i][y][x][c] over the window of (oy, ox)
//   backward: diff_src[i][y][x][c] = sum of diff_dst[i][oy][ox][c] over the windows whose maximum is at (y, x): gathered
//             here, in the order of the windows, so that nothing is added twice at once
//   the window of (oy, ox): oy * stride_y - pad_top … + window_y - 1, likewise x, as far as it lies inside src. Among
//   equals the first in row-major order is the maximum; a NaN is larger than any number.
// max_pool2d_backward_apart does the same where strides equal the window's sizes, so that no windows overlap: each
// window's work-item writes its part of diff_src, the last ones in a row or column all that is left there.
// Global size: at least pixels * pieces / span, rounded up, with n * out_height * out_width pixels forward and
// apart, n * height * width backward: a work-item does one piece of the channels of `span` pixels. Layout: NHWC. Bounds: elements < 2^31; every window meets src.
#include "common.clh"

/// Where `a`, that comes before or after `b`, takes the maximum from it.
static inline mask beats(vec a, vec b, int before) {
  return before ? (a >= b) | isnan(a) : ((a > b) | isnan(a)) & ~isnan(b);
}

__kernel void max_pool2d_forward(__global const float* restrict src, ulong src_at, __global float* restrict dst,
                                 ulong dst_at, int n, int height, int width, int channels, int out_height,
                                 int out_width, int window_y, int window_x, int stride_y, int stride_x, int pad_top,
                                 int pad_left, int pieces, int span) {
  const long first = (long)(get_global_id(0) / pieces) * span;
  const int piece = (int)(get_global_id(0) % pieces);
  const long end = min(first + span, (long)n * out_height * out_width);
  for (long pixel = first; pixel < end; ++pixel) {
    const int ox = (int)(pixel % out_width);
    const int oy = (int)(pixel / out_width % out_height);
    const int i = (int)(pixel / out_width / out_height);
    const int top = oy * stride_y - pad_top;
    const int left = ox * stride_x - pad_left;
    const int y0 = max(top, 0), y1 = min(top + window_y, height);
    const int x0 = max(left, 0), x1 = min(left + window_x, width);
    __global const float* image = src + src_at + (long)i * height * width * channels;
    __global float* to = dst + dst_at + pixel * channels;
    const int vectors = (channels + LANES - 1) / LANES;
    for (int k = piece; k < vectors; k += pieces) {
      const int c = k * LANES;
      vec best = load_up_to(image + ((long)y0 * width + x0) * channels + c, channels - c);
      for (int y = y0; y < y1; ++y) {
        for (int x = x0; x < x1; ++x) {
          const vec v = load_up_to(image + ((long)y * width + x) * channels + c, channels - c);
          best = select(best, v, (v > best) | isnan(v));
        }
      }
      store_up_to(to + c, best, channels - c);
    }
  }
}

__kernel void max_pool2d_backward(__global const float* restrict src, ulong src_at,
                                  __global const float* restrict diff_dst, ulong diff_dst_at,
                                  __global float* restrict diff_src, ulong diff_src_at, int n, int height, int width,
                                  int channels, int out_height, int out_width, int window_y, int window_x,
                                  int stride_y, int stride_x, int pad_top, int pad_left, int pieces, int span) {
  const long first = (long)(get_global_id(0) / pieces) * span;
  const int piece = (int)(get_global_id(0) % pieces);
  const long end = min(first + span, (long)n * height * width);
  for (long pixel = first; pixel < end; ++pixel) {
    const int px = (int)(pixel % width);
    const int py = (int)(pixel / width % height);
    const int i = (int)(pixel / width / height);
    __global const float* image = src + src_at + (long)i * height * width * channels;
    __global const float* diffs = diff_dst + diff_dst_at + (long)i * out_height * out_width * channels;
    __global float* to = diff_src + diff_src_at + pixel * channels;
    // The windows that hold (py, px).
    const int from_y = max((py + pad_top - window_y + stride_y) / stride_y, 0);
    const int from_x = max((px + pad_left - window_x + stride_x) / stride_x, 0);
    const int to_y = min((py + pad_top) / stride_y, out_height - 1);
    const int to_x = min((px + pad_left) / stride_x, out_width - 1);
    const int vectors = (channels + LANES - 1) / LANES;
    for (int k = piece; k < vectors; k += pieces) {
      const int c = k * LANES;
      const vec mine = load_up_to(image + ((long)py * width + px) * channels + c, channels - c);
      vec sum = 0.0f;
      for (int oy = from_y; oy <= to_y; ++oy) {
        for (int ox = from_x; ox <= to_x; ++ox) {
          const int top = oy * stride_y - pad_top;
          const int left = ox * stride_x - pad_left;
          mask beaten = 0;
          for (int y = max(top, 0); y < min(top + window_y, height); ++y) {
            for (int x = max(left, 0); x < min(left + window_x, width); ++x) {
              const int before = y < py || (y == py && x < px);
              const int self = y == py && x == px;
              const vec other = load_up_to(image + ((long)y * width + x) * channels + c, channels - c);
              if (!self) beaten |= beats(other, mine, before);
            }
          }
          const vec diff = load_up_to(diffs + ((long)oy * out_width + ox) * channels + c, channels - c);
          sum += select(diff, (vec)0.0f, beaten);
        }
      }
      store_up_to(to + c, sum, channels - c);
    }
  }
}

__kernel void max_pool2d_backward_apart(__global const float* restrict src, ulong src_at,
                                        __global const float* restrict diff_dst, ulong diff_dst_at,
                                        __global float* restrict diff_src, ulong diff_src_at, int n, int height,
                                        int width, int channels, int out_height, int out_width, int window_y,
                                        int window_x, int stride_y, int stride_x, int pad_top, int pad_left, int pieces,
                                        int span) {
  const int first = (int)(get_global_id(0) / pieces) * span;
  const int piece = (int)(get_global_id(0) % pieces);
  const int end = (int)min((long)first + span, (long)n * out_height * out_width);
  const int vectors = (channels + LANES - 1) / LANES;
  for (int pixel = first; pixel < end; ++pixel) {
    const int ox = pixel % out_width;
    const int oy = pixel / out_width % out_height;
    const int i = pixel / out_width / out_height;
    const int y0 = max(oy * stride_y - pad_top, 0), y1 = min(oy * stride_y - pad_top + window_y, height);
    const int x0 = max(ox * stride_x - pad_left, 0), x1 = min(ox * stride_x - pad_left + window_x, width);
    const int all_y = oy == out_height - 1 ? height : y1;
    const int all_x = ox == out_width - 1 ? width : x1;
    __global const float* image = src + src_at + (long)i * height * width * channels;
    __global float* to = diff_src + diff_src_at + (long)i * height * width * channels;
    for (int k = piece; k < vectors; k += pieces) {
      const int c = k * LANES;
      const int left = channels - c;
      vec best = load_up_to(image + (y0 * width + x0) * channels + c, left);
      for (int y = y0; y < y1; ++y) {
        for (int x = x0; x < x1; ++x) {
          const vec v = load_up_to(image + (y * width + x) * channels + c, left);
          best = select(best, v, (v > best) | isnan(v));
        }
      }
      const vec diff = load_up_to(diff_dst + diff_dst_at + (long)pixel * channels + c, left);
      mask open = -1;  // where the maximum was not met yet
      for (int y = y0; y < all_y; ++y) {
        for (int x = x0; x < all_x; ++x) {
          const int at = (y * width + x) * channels + c;
          mask hit = 0;
          if (y < y1 && x < x1) {
            const vec v = load_up_to(image + at, left);
            hit = ((v == best) | isnan(v)) & open;
            open &= ~hit;
          }
          store_up_to(to + at, select((vec)0.0f, diff, hit), left);
        }
      }
    }
  }
}
