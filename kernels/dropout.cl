// Dropout: the mask is drawn anew in each direction.
//   for e < n: dst[e] = word(g % 4 of Philox4x32-10 at (g/4 low, g/4 high, cursor[1], stream)) >= threshold
//                       ? src[e] * scale : 0,   with g = first_element + e
// Philox: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC11.
// Global size: at least n / (32 * span), rounded up; a work-item draws for `span` times 8 groups of 4 elements.
// Bounds: n < 2^31; nothing from n on is touched. Integers only, but for the product.
#pragma OPENCL FP_CONTRACT OFF

// Groups that are drawn side by side. With eight, Intel's compiler for Ponte Vecchio has too few registers.
#if defined(LANES) && LANES == 4
#define GROUPS 4
typedef uint4 words;
typedef ulong4 products;
#define TO_WORDS(v) convert_uint4(v)
#define TO_PRODUCTS(v) convert_ulong4(v)
#define STORE_WORDS(v, p) vstore4((v), 0, (p))
#define GROUP_NUMBERS (ulong4)(0, 1, 2, 3)
#else
#define GROUPS 8
typedef uint8 words;
typedef ulong8 products;
#define TO_WORDS(v) convert_uint8(v)
#define TO_PRODUCTS(v) convert_ulong8(v)
#define STORE_WORDS(v, p) vstore8((v), 0, (p))
#define GROUP_NUMBERS (ulong8)(0, 1, 2, 3, 4, 5, 6, 7)
#endif

/// Words 0 … 3 of GROUPS counters, word j in lanes of w[j].
static inline void philox(ulong first_group, uint step, uint stream, uint k0, uint k1, words* w) {
  const products group = first_group + GROUP_NUMBERS;
  words c0 = TO_WORDS(group);
  words c1 = TO_WORDS(group >> 32);
  words c2 = step;
  words c3 = stream;
  for (int round = 0; round < 10; ++round) {
    const products p0 = TO_PRODUCTS(c0) * (ulong)0xD2511F53u;
    const products p1 = TO_PRODUCTS(c2) * (ulong)0xCD9E8D57u;
    c0 = TO_WORDS(p1 >> 32) ^ c1 ^ k0;
    c1 = TO_WORDS(p1);
    c2 = TO_WORDS(p0 >> 32) ^ c3 ^ k1;
    c3 = TO_WORDS(p0);
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
