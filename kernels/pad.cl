// Copying activations to where their neighbours can be read without a question.
//   dst[i][y][x][c] = src[i][(y - before_y) / step_y][(x - before_x) / step_x][c] where that is whole and inside src, and
//   c < channels; else 0
// So a convolution's source gets a border, and for the way back through a stride zeros between the pixels; channels grow
// to whole vectors. Global size: at least n * out_height * out_width / span, rounded up; a work-item does `span` pixels.
// Layout: src [n][height][width][channels], dst [n][out_height][out_width][out_channels]. Bounds: elements < 2^31.
#include "common.clh"

__kernel void pad(__global const float* restrict src, ulong src_at, __global float* restrict dst, ulong dst_at, int n,
                  int height, int width, int channels, int out_height, int out_width, int out_channels, int before_y,
                  int before_x, int step_y, int step_x, int span) {
  const long first = (long)get_global_id(0) * span;
  for (int k = 0; k < span; ++k) {
    const long pixel = first + k;
    if (pixel < (long)n * out_height * out_width) {
      const int x = (int)(pixel % out_width) - before_x;
      const int y = (int)(pixel / out_width % out_height) - before_y;
      const long i = pixel / out_width / out_height;
      const int inside = y >= 0 && x >= 0 && y % step_y == 0 && x % step_x == 0 && y / step_y < height &&
                         x / step_x < width;
      __global const float* from =
          src + src_at + (inside ? ((i * height + y / step_y) * width + x / step_x) * channels : 0);
      __global float* to = dst + dst_at + pixel * out_channels;
      const int there = inside ? channels : 0;
      for (int c = 0; c < out_channels; c += LANES) {
        store_up_to(to + c, c < there ? load_up_to(from + c, there - c) : (vec)0.0f, out_channels - c);
      }
    }
  }
}
