// LeakyReLU in both directions.
//   forward:  for i < n: dst[i] = src[i] > 0 ? src[i] : alpha * src[i]
//   backward: for i < n: diff_src[i] = dst[i] > 0 ? diff_dst[i] : alpha * diff_dst[i]
// Global size: at least n / (LANES * span), rounded up; a work-item does `span` vectors. Layout: n floats each.
// Bounds: n < 2^31; no work-item touches an element from n on.
#include "common.clh"
#pragma OPENCL FP_CONTRACT OFF

__kernel void leaky_relu_forward(__global const float* restrict src, ulong src_at, __global float* restrict dst,
                                 ulong dst_at, float alpha, int n, int span) {
  src += src_at;
  dst += dst_at;
  const long first = (long)get_global_id(0) * span;
  for (int k = 0; k < span; ++k) {
    const long at = (first + k) * LANES;
    if (at < n) {
      const vec x = load_up_to(src + at, (int)(n - at));
      store_up_to(dst + at, select(alpha * x, x, x > 0.0f), (int)(n - at));
    }
  }
}

__kernel void leaky_relu_backward(__global const float* restrict dst, ulong dst_at,
                                  __global const float* restrict diff_dst, ulong diff_dst_at,
                                  __global float* restrict diff_src, ulong diff_src_at, float alpha, int n, int span) {
  dst += dst_at;
  diff_dst += diff_dst_at;
  diff_src += diff_src_at;
  const long first = (long)get_global_id(0) * span;
  for (int k = 0; k < span; ++k) {
    const long at = (first + k) * LANES;
    if (at < n) {
      const vec y = load_up_to(dst + at, (int)(n - at));
      const vec diff = load_up_to(diff_dst + at, (int)(n - at));
      store_up_to(diff_src + at, select(alpha * diff, diff, y > 0.0f), (int)(n - at));
    }
  }
}
