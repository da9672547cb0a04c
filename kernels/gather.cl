// Gathering a batch from a data set.
//   for i < n: index = indices ? indices[row * n + i] : row * n + i, with row = cursor ? cursor[0] : 0
//     for e < sample: batch[i][e] = index in 0 … count-1 ? convert(data[index][e]) : 0
// Global size: at least n * pieces; a work-item does one piece of a sample. Layout: data [count][sample], batch
// [n][sample]. Bounds: a row outside 0 … rows-1 of the indices gives zeros; no index is followed unchecked.

#include "samples.clh"

#define GATHER(name, from, to, convert)                                                                        \
  __kernel void name(__global const from* restrict data, ulong data_at, __global const int* restrict indices,  \
                     ulong indices_at, __global const int* restrict cursor, ulong cursor_at,                   \
                     __global to* restrict batch, ulong batch_at, float scale, float shift, int has_indices,   \
                     int has_cursor, int rows, int count, int n, int sample, int pieces) {                     \
    const int i = (int)(get_global_id(0) / pieces);                                                            \
    const int piece = (int)(get_global_id(0) % pieces);                                                        \
    if (i < n) {                                                                                               \
      const long index =                                                                                       \
          find_sample(indices + indices_at, has_indices, rows, cursor + cursor_at, has_cursor, n, i, count);   \
      const int begin = (int)((long)sample * piece / pieces);                                                  \
      const int end = (int)((long)sample * (piece + 1) / pieces);                                              \
      __global const from* src = data + data_at + (index < 0 ? 0 : index) * sample;                            \
      __global to* dst = batch + batch_at + (long)i * sample;                                                  \
      for (int e = begin; e < end; ++e) {                                                                      \
        const from x = src[e];                                                                                 \
        dst[e] = index < 0 ? (to)0 : (convert);                                                                \
      }                                                                                                        \
    }                                                                                                          \
  }

GATHER(gather_u8_f32, uchar, float, (float)x * scale + shift)
GATHER(gather_u8_i32, uchar, int, (int)x)
// Bits, so that no NaN and no denormal changes.
GATHER(gather_words, uint, uint, x)
