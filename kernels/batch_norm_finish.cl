// Batch normalisation: what the parts of batch_norm.cl come to, by channel.
//   batch_norm_statistics: with n[p] rows that count in part p, N of them in all, and a part's mean[p] from src[0] on:
//     m = mean[0] + sum of n[p] * (mean[p] - mean[0]) / N,  variance = sum of (squares[p] + n[p] * (mean[p] - m)^2) / N
//     mean = src[0] + m; NaN for a variance that is infinite
//     inverse = 1 / sqrt(variance + epsilon),  factor = inverse * scale
//     running = momentum * running + (1 - momentum) * that of the batch, in place
//     N = 0: mean and variance are 0, and the running ones stay.
//   batch_norm_gradients: diff_shift = sum of sums[p], diff_scale = sum of products[p],
//     terms = {inverse * scale, diff_shift / N, inverse * diff_scale / N}
// Global size: groups of VECTORS_OF_GROUP * SLICES, a vector of channels for each VECTORS_OF_GROUP items. Work-item
// `slice` of a vector takes the parts slice, slice + SLICES, …; these sums are then added in order. With SLICES 1 there are
// no groups, and an item is a vector.
// Layout: in [parts][2][channels], terms [3][channels], the others [channels]. Bounds: rows * channels < 2^31.
#include "common.clh"
#include "valid.clh"
#pragma OPENCL FP_CONTRACT OFF

#ifndef SLICES
#define SLICES 64
#endif
#if SLICES == 1
#define VECTORS_OF_GROUP 1
#define GROUPED
#define SUMS_OF_GROUP
#define ADD_SLICES(sum) (sum)
#else
#define VECTORS_OF_GROUP 4
#define GROUPED __attribute__((reqd_work_group_size(VECTORS_OF_GROUP * SLICES, 1, 1)))
#define SUMS_OF_GROUP __local vec sums_of_group[VECTORS_OF_GROUP * SLICES];
#define ADD_SLICES(sum) add_slices(sums_of_group, (sum))

/// The sum over the slices of this item's vector, the same for each of them.
static inline vec add_slices(__local vec* sums, vec own) {
  const int item = (int)get_local_id(0);
  sums[item] = own;
  for (int left = SLICES / 2; left > 0; left /= 2) {
    barrier(CLK_LOCAL_MEM_FENCE);
    if (item < left * VECTORS_OF_GROUP) sums[item] += sums[item + left * VECTORS_OF_GROUP];
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  const vec all = sums[item % VECTORS_OF_GROUP];
  barrier(CLK_LOCAL_MEM_FENCE);
  return all;
}
#endif

/// How many of the first `counted` rows are in a part that has any.
static inline float rows_of_part(int part, int span, int counted) {
  const int left = counted - part * span;
  return (float)(left < span ? left : span);
}

__kernel GROUPED void batch_norm_statistics(
    __global const float* restrict in, ulong in_at, __global const float* restrict src, ulong src_at,
    __global const float* restrict scale, ulong scale_at, __global const int* restrict valid, ulong valid_at,
    __global const int* restrict cursor, ulong cursor_at, __global float* restrict mean, ulong mean_at,
    __global float* restrict inverse, ulong inverse_at, __global float* restrict running_mean, ulong running_mean_at,
    __global float* restrict running_variance, ulong running_variance_at, __global float* restrict factor,
    ulong factor_at, int table, int n, int per_sample, int channels, int span, float epsilon, float momentum) {
  SUMS_OF_GROUP
  const int item = (int)get_global_id(0);
  const int slice = item / VECTORS_OF_GROUP % SLICES;
  const int c = (item / (VECTORS_OF_GROUP * SLICES) * VECTORS_OF_GROUP + item % VECTORS_OF_GROUP) * LANES;
  const int lanes = channels - c;
  const int counted = valid_rows(valid + valid_at, cursor + cursor_at, table, n) * per_sample;
  const float all = counted > 0 ? (float)counted : 1.0f;
  const int parts = counted > 0 ? (counted - 1) / span + 1 : 0;
  __global const float* from = in + in_at + c;

  vec first = (vec)(0.0f);
  vec sum = (vec)(0.0f);
  if (lanes > 0) {
    first = load_up_to(from, lanes);
    for (int p = slice; p < parts; p += SLICES) {
      sum += rows_of_part(p, span, counted) * (load_up_to(from + 2 * (long)p * channels, lanes) - first);
    }
  }
  const vec m = first + ADD_SLICES(sum) / all;
  sum = (vec)(0.0f);
  if (lanes > 0) {
    for (int p = slice; p < parts; p += SLICES) {
      const vec apart = load_up_to(from + 2 * (long)p * channels, lanes) - m;
      sum += load_up_to(from + (2 * (long)p + 1) * channels, lanes) + rows_of_part(p, span, counted) * (apart * apart);
    }
  }
  vec variance = ADD_SLICES(sum) / all;
  variance += 0.0f * variance;  // infinite is NaN from here on: else dst would be shift, and nobody would see it
  if (lanes > 0 && slice == 0) {
    const vec centre = counted > 0 ? load_up_to(src + src_at + c, lanes) + m : (vec)(0.0f);
    const vec inv = 1.0f / sqrt(variance + epsilon);
    store_up_to(mean + mean_at + c, centre, lanes);
    store_up_to(inverse + inverse_at + c, inv, lanes);
    store_up_to(factor + factor_at + c, inv * load_up_to(scale + scale_at + c, lanes), lanes);
    if (counted > 0) {
      const float rest = 1.0f - momentum;
      __global float* to = running_mean + running_mean_at + c;
      store_up_to(to, momentum * load_up_to(to, lanes) + rest * centre, lanes);
      to = running_variance + running_variance_at + c;
      store_up_to(to, momentum * load_up_to(to, lanes) + rest * variance, lanes);
    }
  }
}

__kernel GROUPED void batch_norm_gradients(
    __global const float* restrict in, ulong in_at, __global const float* restrict scale, ulong scale_at,
    __global const float* restrict inverse, ulong inverse_at, __global const int* restrict valid, ulong valid_at,
    __global const int* restrict cursor, ulong cursor_at, __global float* restrict diff_scale, ulong diff_scale_at,
    __global float* restrict diff_shift, ulong diff_shift_at, __global float* restrict terms, ulong terms_at, int table,
    int n, int per_sample, int channels, int parts) {
  SUMS_OF_GROUP
  const int item = (int)get_global_id(0);
  const int slice = item / VECTORS_OF_GROUP % SLICES;
  const int c = (item / (VECTORS_OF_GROUP * SLICES) * VECTORS_OF_GROUP + item % VECTORS_OF_GROUP) * LANES;
  const int lanes = channels - c;
  const int counted = valid_rows(valid + valid_at, cursor + cursor_at, table, n) * per_sample;
  const float all = counted > 0 ? (float)counted : 1.0f;
  __global const float* from = in + in_at + c;

  vec sum = (vec)(0.0f);
  vec product = (vec)(0.0f);
  if (lanes > 0) {
    for (int p = slice; p < parts; p += SLICES) {
      sum += load_up_to(from + 2 * (long)p * channels, lanes);
      product += load_up_to(from + (2 * (long)p + 1) * channels, lanes);
    }
  }
  sum = ADD_SLICES(sum);
  product = ADD_SLICES(product);
  if (lanes > 0 && slice == 0) {
    const vec inv = load_up_to(inverse + inverse_at + c, lanes);
    __global float* to = terms + terms_at + c;
    store_up_to(diff_shift + diff_shift_at + c, sum, lanes);
    store_up_to(diff_scale + diff_scale_at + c, product, lanes);
    store_up_to(to, inv * load_up_to(scale + scale_at + c, lanes), lanes);
    store_up_to(to + channels, sum / all, lanes);
    store_up_to(to + 2 * (long)channels, inv * product / all, lanes);
  }
}
