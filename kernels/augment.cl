// Gathering a batch of images that are mirrored and moved at random.
//   for i < n: index as gather.cl has it; w = the words of Philox4x32-10 at (g low, g high, cursor[1], stream), with
//     g = first_row + i; mirrored = mirror && w[0] >= 2^31; dy = floor(w[1] * (2 * max_shift + 1) / 2^32) - max_shift;
//     dx likewise from w[2]
//     for y, x, c: value = data[index][y - dy][mirrored ? width - 1 - (x - dx) : x - dx][c], 0 outside the image
//       batch[i][y][x][c] = index is a sample ? value * scale + shift : 0
// Global size: at least n * pieces; a work-item does one piece of an image's pixels. Layout: data
// [count][height][width][channels], batch [n][height][width][channels]. Bounds: as gather.cl; no pixel outside its
// image is read.
#define GROUPS 1
#include "philox.clh"
#include "samples.clh"

/// From -most to most.
static inline int draw_distance(uint word, int most) {
  return (int)mul_hi(word, 2u * (uint)most + 1u) - most;
}

__kernel void augment(__global const uchar* restrict data, ulong data_at, __global const int* restrict indices,
                      ulong indices_at, __global const int* restrict cursor, ulong cursor_at,
                      __global float* restrict batch, ulong batch_at, ulong seed, ulong first_row, uint stream,
                      int mirror, int max_shift, float scale, float shift, int has_indices, int rows, int count, int n,
                      int height, int width, int channels, int pieces) {
  const int i = (int)(get_global_id(0) / pieces);
  const int piece = (int)(get_global_id(0) % pieces);
  if (i < n) {
    const long index = find_sample(indices + indices_at, has_indices, rows, cursor + cursor_at, 1, n, i, count);
    words drawn[4];
    philox(first_row + (ulong)i, (uint)cursor[cursor_at + 1], stream, (uint)seed, (uint)(seed >> 32), drawn);
    const int mirrored = mirror && drawn[0] >> 31;
    const int dy = draw_distance(drawn[1], max_shift);
    const int dx = draw_distance(drawn[2], max_shift);

    const int pixels = height * width;
    const int begin = (int)((long)pixels * piece / pieces);
    const int end = (int)((long)pixels * (piece + 1) / pieces);
    __global const uchar* image = data + data_at + (index < 0 ? 0 : index) * pixels * channels;
    __global float* dst = batch + batch_at + (long)i * pixels * channels;
    for (int p = begin; p < end;) {
      const int y = p / width;
      const int row_end = min(end, (y + 1) * width);
      const int inside = (uint)(y - dy) < (uint)height;
      __global const uchar* row = image + (inside ? (y - dy) * width * channels : 0);
      for (; p < row_end; ++p) {
        const int x = p - y * width - dx;
        const int from = (mirrored ? width - 1 - x : x) * channels;
        const int there = inside && (uint)x < (uint)width;
        for (int c = 0; c < channels; ++c) {
          const float value = there ? (float)row[from + c] : 0.0f;
          dst[p * channels + c] = index < 0 ? 0.0f : value * scale + shift;
        }
      }
    }
  }
}
