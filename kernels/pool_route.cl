// Max-pooling by 2×2 with stride 2 after a LeakyReLU, with dropout behind it, and all three back again; pool_route.clh has
// the formula and what a route is.
//   pool_route_forward:  dst[i][oy][ox][c] = dropout of the maximum of src[i][2 oy … 2 oy + 1][2 ox … 2 ox + 1][c], inside src
//   pool_route_backward: diff_src[i][y][x][c] = where (y, x) is the place in its window that the route names:
//                          diff_dst * (kept ? scale : 0) * (negative ? alpha : 1);  else 0
// Without dropout every element is kept and scale is 1. Global size: at least pooled pixels * blocks / span, rounded up,
// with blocks = channels / WIDTH: a work-item does `span` pixels of a block. Layout: NHWC, channels a multiple of WIDTH;
// routes as dst. Bounds: elements < 2^31; every window meets src, and only the last of a row or column may leave it.
#include "pool_route.clh"
#pragma OPENCL FP_CONTRACT OFF

__kernel void pool_route_forward(__global const float* restrict src, ulong src_at, __global const int* restrict cursor,
                                 ulong cursor_at, __global float* restrict dst, ulong dst_at,
                                 __global uchar* restrict route, ulong route_at, int n, int height, int width,
                                 int channels, int out_height, int out_width, int dropout, ulong seed,
                                 ulong first_group, uint stream, uint threshold, float scale, int has_route, int span) {
  const int blocks = channels / WIDTH;
  const int c = (int)(get_global_id(0) % blocks) * WIDTH;
  const int first = (int)(get_global_id(0) / blocks) * span;
  const int end = min(first + span, n * out_height * out_width);
  const uint step = dropout ? (uint)cursor[cursor_at + 1] : 0;
  src += src_at + c;
  for (int pixel = first; pixel < end; ++pixel) {
    const int x = pixel % out_width * 2;
    const int y = pixel / out_width % out_height * 2;
    const int i = pixel / out_width / out_height;
    vec best[VECTORS];
    mask at[VECTORS];
#pragma unroll
    for (int v = 0; v < VECTORS; ++v) {
      __global const float* from = src + ((i * height + y) * width + x) * channels + v * LANES;
      best[v] = VLOAD(from);
      at[v] = 0;
      if (x + 1 < width) pool_in(VLOAD(from + channels), 1, &best[v], &at[v]);
      if (y + 1 < height) {
        from += width * channels;
        pool_in(VLOAD(from), 2, &best[v], &at[v]);
        if (x + 1 < width) pool_in(VLOAD(from + channels), 3, &best[v], &at[v]);
      }
    }
    drop_and_store(best, at, dropout, (ulong)pixel * channels + c, step, stream, seed, first_group, threshold, scale,
                   has_route, dst + dst_at, route + route_at);
  }
}

__kernel void pool_route_backward(__global const float* restrict diff_dst, ulong diff_dst_at,
                                  __global const uchar* restrict route, ulong route_at,
                                  __global float* restrict diff_src, ulong diff_src_at, int n, int height, int width,
                                  int channels, int out_height, int out_width, float scale, float alpha, int span) {
  const int blocks = channels / WIDTH;
  const int c = (int)(get_global_id(0) % blocks) * WIDTH;
  const int first = (int)(get_global_id(0) / blocks) * span;
  const int end = min(first + span, n * out_height * out_width);
  for (int pixel = first; pixel < end; ++pixel) {
    const int x = pixel % out_width * 2;
    const int y = pixel / out_width % out_height * 2;
    const int i = pixel / out_width / out_height;
    // The last window may be cut, or have what no window reaches behind it.
    const int rows = y / 2 == out_height - 1 ? height - y : 2;
    const int columns = x / 2 == out_width - 1 ? width - x : 2;
#pragma unroll
    for (int v = 0; v < VECTORS; ++v) {
      const long from = (long)pixel * channels + c + v * LANES;
      const mask bits = TO_MASK(LOAD_BYTES(route + route_at + from));
      const vec kept = VLOAD(diff_dst + diff_dst_at + from) * scale;
      const vec routed = select(kept, kept * alpha, (bits & ROUTE_NEGATIVE) != 0);
      const vec diff = select((vec)0.0f, routed, (bits & ROUTE_KEPT) != 0);
      __global float* to = diff_src + diff_src_at + ((long)(i * height + y) * width + x) * channels + c + v * LANES;
      for (int r = 0; r < rows; ++r) {
        for (int s = 0; s < columns; ++s) {
          const int place = r < 2 && s < 2 ? r * 2 + s : ROUTE_KEPT;
          VSTORE(select((vec)0.0f, diff, (bits & 3) == place), to + (long)(r * width + s) * channels);
        }
      }
    }
  }
}
