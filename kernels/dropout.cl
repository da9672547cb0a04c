// Dropout: the mask is drawn anew in each direction.
//   for e < n: dst[e] = word(g % 4 of Philox4x32-10 at (g/4 low, g/4 high, cursor[1], stream)) >= threshold
//                       ? src[e] * scale : 0,   with g = first_element + e
// Global size: at least n / (32 * span), rounded up; a work-item draws for `span` times 8 groups of 4 elements.
// Bounds: n < 2^31; nothing from n on is touched. Integers only, but for the product.
#pragma OPENCL FP_CONTRACT OFF

// Groups that are drawn side by side. With eight, Intel's compiler for Ponte Vecchio has too few registers.
#if defined(LANES) && LANES == 4
#define GROUPS 4
#else
#define GROUPS 8
#endif
#include "philox.clh"

__kernel void dropout(__global const float* restrict src, ulong src_at, __global const int* restrict cursor,
                      ulong cursor_at, __global float* restrict dst, ulong dst_at, ulong seed, ulong first_group,
                      uint stream, uint threshold, float scale, int n, int span) {
  src += src_at;
  dst += dst_at;
  const uint step = (uint)cursor[cursor_at + 1];
  const long first = (long)get_global_id(0) * span * 32;
  for (int k = 0; k < span * 32; k += 4 * GROUPS) {
    const long at = first + k;
    if (at < n) {
      words drawn[4];
      philox(first_group + (ulong)(at / 4), step, stream, (uint)seed, (uint)(seed >> 32), drawn);
      uint word[4 * GROUPS];
      for (int j = 0; j < 4; ++j) STORE_WORDS(drawn[j], word + j * GROUPS);
      const int count = n - at < 4 * GROUPS ? (int)(n - at) : 4 * GROUPS;
      for (int e = 0; e < count; ++e) {
        const float kept = src[at + e] * scale;
        dst[at + e] = word[e % 4 * GROUPS + e / 4] >= threshold ? kept : 0.0f;
      }
    }
  }
}
