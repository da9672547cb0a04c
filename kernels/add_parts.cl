// The end of sums that were cut into parts: they are added up in order.
//   add_products:  dst[e] = leaky(bias[e % columns] + sum over part < parts of in[part][e]), for e < n,
//                  leaky(s) = s > 0 ? s : alpha * s
//   add_gradients: sum[e] = sum over part < parts of in[part][e], for e < n + columns; the first n go to weights, what is
//                  left to bias. A group adds FLOATS sums: of each, work-item `lane` the parts lane, lane + SLICES, …, and
//                  these are then added in order.
// Global size: add_products at least n; add_gradients groups of FLOATS * SLICES, at least (n + columns) / FLOATS of them.
// Layout: in [parts][n] and [parts][n + columns]. Bounds: elements of a part < 2^31.
#pragma OPENCL FP_CONTRACT OFF

#define FLOATS 16
#define SLICES 16

__kernel void add_products(__global const float* restrict in, ulong in_at, __global const float* restrict bias,
                           ulong bias_at, __global float* restrict dst, ulong dst_at, int n, int columns, int parts,
                           int has_bias, float alpha) {
  const int e = (int)get_global_id(0);
  if (e < n) {
    __global const float* from = in + in_at + e;
    float sum = from[0];
#pragma unroll 8
    for (int part = 1; part < parts; ++part) sum += from[(long)part * n];
    if (has_bias) sum += bias[bias_at + (ulong)(e % columns)];
    dst[dst_at + (ulong)e] = sum > 0.0f ? sum : alpha * sum;
  }
}

__kernel __attribute__((reqd_work_group_size(FLOATS * SLICES, 1, 1))) void add_gradients(
    __global const float* restrict in, ulong in_at, __global float* restrict weights, ulong weights_at,
    __global float* restrict bias, ulong bias_at, int n, int columns, int parts) {
  __local float slices[SLICES][FLOATS];
  const int item = (int)get_local_id(0);
  const int lane = item / FLOATS;
  const int e = (int)get_group_id(0) * FLOATS + item % FLOATS;
  const int all = n + columns;
  float sum = 0.0f;
  if (e < all) {
    __global const float* from = in + in_at + e;
#pragma unroll 4
    for (int part = lane; part < parts; part += SLICES) sum += from[(long)part * all];
  }
  slices[lane][item % FLOATS] = sum;
  barrier(CLK_LOCAL_MEM_FENCE);
  if (lane == 0 && e < all) {
#pragma unroll
    for (int other = 1; other < SLICES; ++other) sum += slices[other][item];
    if (e < n) {
      weights[weights_at + (ulong)e] = sum;
    } else {
      bias[bias_at + (ulong)(e - n)] = sum;
    }
  }
}
