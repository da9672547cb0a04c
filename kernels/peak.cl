// What a device can do at the most: multiply-adds that need nothing but registers, and a copy.
//   multiply_adds: for each of CHAINS vectors: x = x * factor + term, `rounds` times; sums[item] = the sum of all lanes
//   fill:          for i < n: dst[i] = 1
//   copy:          for i < n: dst[i] = src[i]
// Global size: multiply_adds any, with an element of sums for each work-item; the others at least n / (LANES * span), rounded
// up, each work-item `span` vectors. Layout: n floats each. Bounds: n < 2^31.
#include "common.clh"
#pragma OPENCL FP_CONTRACT ON

// Enough for the latency of a CPU's two units, and few enough for its registers.
#if LANES == 16
#define CHAINS 24
#elif LANES == 8
#define CHAINS 12
#else
#define CHAINS 8
#endif

__kernel void multiply_adds(__global float* restrict sums, float factor, float term, int rounds) {
  vec x[CHAINS];
#pragma unroll
  for (int i = 0; i < CHAINS; ++i) x[i] = (vec)(float)i;
  for (int r = 0; r < rounds; ++r) {
#pragma unroll
    for (int i = 0; i < CHAINS; ++i) x[i] = x[i] * factor + term;
  }
  vec all = (vec)0.0f;
#pragma unroll
  for (int i = 0; i < CHAINS; ++i) all += x[i];
  float lanes[LANES];
  VSTORE(all, lanes);
  float sum = 0.0f;
  for (int i = 0; i < LANES; ++i) sum += lanes[i];
  sums[get_global_id(0)] = sum;
}

__kernel void fill(__global float* restrict dst, int n, int span) {
  const long first = (long)get_global_id(0) * span;
  for (int k = 0; k < span; ++k) {
    const long at = (first + k) * LANES;
    if (at < n) store_up_to(dst + at, (vec)1.0f, (int)(n - at));
  }
}

__kernel void copy(__global const float* restrict src, __global float* restrict dst, int n, int span) {
  const long first = (long)get_global_id(0) * span;
  for (int k = 0; k < span; ++k) {
    const long at = (first + k) * LANES;
    if (at < n) store_up_to(dst + at, load_up_to(src + at, (int)(n - at)), (int)(n - at));
  }
}
