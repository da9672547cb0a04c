// What a training step ends with: Adam's update, and the cursor's step.
//   adam:    m = beta1 * m + (1 - beta1) * diff;  v = beta2 * v + (1 - beta2) * diff * diff;
//            params -= lr[cursor[0]] * m / (sqrt(v) + epsilon)         for n elements each, in place
//   advance: cursor[0] += 1; cursor[1] += 1, wrapping around
// Global size: adam at least n / (LANES * span), rounded up, each work-item `span` vectors; advance 1.
// Bounds: n < 2^31; lr has `rows` elements, and where the cursor is outside nothing is touched.
#include "common.clh"
#pragma OPENCL FP_CONTRACT OFF

__kernel void adam(__global float* restrict params, ulong params_at, __global const float* restrict diff, ulong diff_at,
                   __global float* restrict m, ulong m_at, __global float* restrict v, ulong v_at,
                   __global const float* restrict lr, ulong lr_at, __global const int* restrict cursor, ulong cursor_at,
                   float beta1, float beta2, float epsilon, int rows, int n, int span) {
  params += params_at;
  diff += diff_at;
  m += m_at;
  v += v_at;
  const int row = cursor[cursor_at];
  const int good = row >= 0 && row < rows;
  const float rate = good ? lr[lr_at + row] : 0.0f;
  const float rest1 = 1.0f - beta1;
  const float rest2 = 1.0f - beta2;
  const long first = (long)get_global_id(0) * span;
  for (int k = 0; k < span; ++k) {
    const long at = (first + k) * LANES;
    if (at < n && good) {
      const vec d = load_up_to(diff + at, (int)(n - at));
      const vec new_m = beta1 * load_up_to(m + at, (int)(n - at)) + rest1 * d;
      const vec new_v = beta2 * load_up_to(v + at, (int)(n - at)) + rest2 * (d * d);
      const vec p = load_up_to(params + at, (int)(n - at)) - rate * new_m / (sqrt(new_v) + epsilon);
      store_up_to(m + at, new_m, (int)(n - at));
      store_up_to(v + at, new_v, (int)(n - at));
      store_up_to(params + at, p, (int)(n - at));
    }
  }
}

__kernel void advance(__global uint* restrict cursor, ulong cursor_at) {
  if (get_global_id(0) == 0) {
    cursor[cursor_at] += 1;
    cursor[cursor_at + 1] += 1;
  }
}
