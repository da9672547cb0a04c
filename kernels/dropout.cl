// Dropout: the mask is drawn anew in each direction.
//   for e < n: dst[e] = word(g % 4 of Philox4x32-10 at (g/4 low, g/4 high, cursor[1], stream)) >= threshold
//                       ? src[e] * scale : 0,   with g = first_element + e
// Philox: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC11.
// Global size: at least n / (32 * span), rounded up; a work-item draws for `span` times 8 groups of 4 elements.
// Bounds: n < 2^31; nothing from n on is touched. Integers only, but for the product.
#pragma OPENCL FP_CONTRACT OFF

/// Words 0 … 3 of eight counters, word j in lanes of w[j].
static inline void philox(ulong first_group, uint step, uint stream, uint k0, uint k1, uint8* w) {
  const ulong8 group = first_group + (ulong8)(0, 1, 2, 3, 4, 5, 6, 7);
  uint8 c0 = convert_uint8(group);
  uint8 c1 = convert_uint8(group >> 32);
  uint8 c2 = step;
  uint8 c3 = stream;
  for (int round = 0; round < 10; ++round) {
    const ulong8 p0 = convert_ulong8(c0) * (ulong)0xD2511F53u;
    const ulong8 p1 = convert_ulong8(c2) * (ulong)0xCD9E8D57u;
    c0 = convert_uint8(p1 >> 32) ^ c1 ^ k0;
    c1 = convert_uint8(p1);
    c2 = convert_uint8(p0 >> 32) ^ c3 ^ k1;
    c3 = convert_uint8(p0);
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  w[0] = c0;
  w[1] = c1;
  w[2] = c2;
  w[3] = c3;
}

__kernel void dropout(__global const float* restrict src, ulong src_at, __global const int* restrict cursor,
                      ulong cursor_at, __global float* restrict dst, ulong dst_at, ulong seed, ulong first_group,
                      uint stream, uint threshold, float scale, int n, int span) {
  src += src_at;
  dst += dst_at;
  const uint step = (uint)cursor[cursor_at + 1];
  const long first = (long)get_global_id(0) * span;
  for (int k = 0; k < span; ++k) {
    const long at = (first + k) * 32;
    if (at < n) {
      uint8 words[4];
      philox(first_group + (ulong)(at / 4), step, stream, (uint)seed, (uint)(seed >> 32), words);
      uint word[32];
      for (int j = 0; j < 4; ++j) vstore8(words[j], j, word);
      const int count = n - at < 32 ? (int)(n - at) : 32;
      for (int e = 0; e < count; ++e) {
        const float kept = src[at + e] * scale;
        dst[at + e] = word[e % 4 * 8 + e / 4] >= threshold ? kept : 0.0f;
      }
    }
  }
}
