// Batch normalisation: the passes over the tensors. What parts add up to is in batch_norm_finish.cl.
//   batch_norm_factors: factor[c] = scale[c] / sqrt(variance[c] + epsilon)
//   batch_norm_apply:   dst[r][c] = (src[r][c] - mean[c]) * factor[c] + shift[c]
//   batch_norm_moments: out[p] = {mean - src[0], sum of (src[r] - mean)^2} over the rows r of part p that count: from row
//                       0 on, so that a spread that is small beside the mean keeps its digits
//   batch_norm_sums:    out[p] = {sum of diff[r], sum of diff[r] * (src[r] - mean) * inverse} over the same
//   batch_norm_diff:    to[r][c] = factor[c] * (diff[r][c] - offset[c] - (src[r][c] - mean[c]) * slope[c]) for rows that
//                       count, 0 for the rest; terms = {factor, offset, slope}
// Rows that count: the first valid[cursor[0]] * per_sample.
// Global size: factors at least channels. The others: the rows are in parts of `span`, vectors of channels in groups of
// `vectors`; a work-item has a group of a part, at least (parts * groups) of them, groups next to each other.
// Layout: tensors [rows][channels], out [parts][2][channels], terms [3][channels]. Bounds: rows * channels < 2^31.
#include "common.clh"
#include "valid.clh"
#pragma OPENCL FP_CONTRACT OFF

#define BLOCK 8   // rows that are in registers at once
#define CHAINS 4  // sums that go on side by side

/// What a work-item has to do: rows first … end - 1 and channels from … to - 1.
typedef struct {
  int first, end, from, to;
} share;

static inline share share_of(int item, int rows, int channels, int span, int vectors) {
  const int width = vectors * LANES;
  const int groups = (channels + width - 1) / width;
  share s;
  const long first = (long)(item / groups) * span;
  s.first = first < rows ? (int)first : rows;
  s.end = rows - s.first < span ? rows : s.first + span;
  s.from = item % groups * width;
  s.to = channels - s.from < width ? channels : s.from + width;
  return s;
}

__kernel void batch_norm_factors(__global const float* restrict scale, ulong scale_at,
                                 __global const float* restrict variance, ulong variance_at,
                                 __global float* restrict factor, ulong factor_at, float epsilon, int channels) {
  const int c = (int)get_global_id(0);
  if (c < channels) factor[factor_at + c] = scale[scale_at + c] / sqrt(variance[variance_at + c] + epsilon);
}

__kernel void batch_norm_apply(__global const float* restrict src, ulong src_at, __global const float* restrict mean,
                               ulong mean_at, __global const float* restrict factor, ulong factor_at,
                               __global const float* restrict shift, ulong shift_at, __global float* restrict dst,
                               ulong dst_at, int rows, int channels, int span, int vectors) {
  const share s = share_of((int)get_global_id(0), rows, channels, span, vectors);
  for (int c = s.from; c < s.to; c += LANES) {
    const int lanes = channels - c;
    const vec m = load_up_to(mean + mean_at + c, lanes);
    const vec f = load_up_to(factor + factor_at + c, lanes);
    const vec b = load_up_to(shift + shift_at + c, lanes);
    for (int r = s.first; r < s.end; ++r) {
      const long at = (long)r * channels + c;
      store_up_to(dst + dst_at + at, (load_up_to(src + src_at + at, lanes) - m) * f + b, lanes);
    }
  }
}

/// Adds `rows` rows less `pivot`, BLOCK at the most, to the moments of the `before` that came before: by their own mean,
/// and then together, with no difference of large sums. Chan, Golub and LeVeque, "Updating formulae and a pairwise
/// algorithm for computing sample variances", 1979.
static inline void add_rows(__global const float* from, int channels, int lanes, int rows, int before, vec pivot,
                            vec* mean, vec* squares) {
  vec x[BLOCK];
  vec own = (vec)(0.0f);
  for (int i = 0; i < BLOCK; ++i) {
    x[i] = i < rows ? load_up_to(from + (long)i * channels, lanes) - pivot : (vec)(0.0f);
    own += x[i];
  }
  own *= 1.0f / (float)rows;
  vec sum = (vec)(0.0f);
  for (int i = 0; i < BLOCK; ++i) {
    const vec d = x[i] - own;
    if (i < rows) sum += d * d;
  }
  const float part = (float)rows / (float)(before + rows);
  const vec apart = own - *mean;
  *mean += apart * part;
  *squares += sum + apart * (apart * (part * (float)before));
}

__kernel void batch_norm_moments(__global const float* restrict src, ulong src_at, __global const int* restrict valid,
                                 ulong valid_at, __global const int* restrict cursor, ulong cursor_at,
                                 __global float* restrict out, ulong out_at, int table, int n, int per_sample,
                                 int channels, int span, int vectors) {
  const share s = share_of((int)get_global_id(0), n * per_sample, channels, span, vectors);
  const int counted = valid_rows(valid + valid_at, cursor + cursor_at, table, n) * per_sample;
  const int end = s.end < counted ? s.end : counted;
  if (s.first < s.end) {
    __global float* to = out + out_at + 2 * (long)(s.first / span) * channels;
    for (int c = s.from; c < s.to; c += LANES) {
      __global const float* from = src + src_at + c;
      const vec pivot = load_up_to(from, channels - c);
      vec mean = (vec)(0.0f);
      vec squares = (vec)(0.0f);
      int r = s.first;
      for (; r + BLOCK <= end; r += BLOCK) {
        add_rows(from + (long)r * channels, channels, channels - c, BLOCK, r - s.first, pivot, &mean, &squares);
      }
      if (r < end)
        add_rows(from + (long)r * channels, channels, channels - c, end - r, r - s.first, pivot, &mean, &squares);
      store_up_to(to + c, mean, channels - c);
      store_up_to(to + channels + c, squares, channels - c);
    }
  }
}

__kernel void batch_norm_sums(__global const float* restrict src, ulong src_at, __global const float* restrict diff,
                              ulong diff_at, __global const float* restrict mean, ulong mean_at,
                              __global const float* restrict inverse, ulong inverse_at,
                              __global const int* restrict valid, ulong valid_at, __global const int* restrict cursor,
                              ulong cursor_at, __global float* restrict out, ulong out_at, int table, int n,
                              int per_sample, int channels, int span, int vectors) {
  const share s = share_of((int)get_global_id(0), n * per_sample, channels, span, vectors);
  const int counted = valid_rows(valid + valid_at, cursor + cursor_at, table, n) * per_sample;
  const int end = s.end < counted ? s.end : counted;
  if (s.first < s.end) {
    __global float* to = out + out_at + 2 * (long)(s.first / span) * channels;
    for (int c = s.from; c < s.to; c += LANES) {
      const int lanes = channels - c;
      const vec m = load_up_to(mean + mean_at + c, lanes);
      vec sums[CHAINS];
      vec products[CHAINS];
      for (int i = 0; i < CHAINS; ++i) sums[i] = products[i] = (vec)(0.0f);
      int r = s.first;
      for (; r + CHAINS <= end; r += CHAINS) {
        for (int i = 0; i < CHAINS; ++i) {
          const long at = (long)(r + i) * channels + c;
          const vec d = load_up_to(diff + diff_at + at, lanes);
          sums[i] += d;
          products[i] += d * (load_up_to(src + src_at + at, lanes) - m);
        }
      }
      for (; r < end; ++r) {
        const long at = (long)r * channels + c;
        const vec d = load_up_to(diff + diff_at + at, lanes);
        sums[0] += d;
        products[0] += d * (load_up_to(src + src_at + at, lanes) - m);
      }
      const vec product = (products[0] + products[1]) + (products[2] + products[3]);
      store_up_to(to + c, (sums[0] + sums[1]) + (sums[2] + sums[3]), lanes);
      store_up_to(to + channels + c, product * load_up_to(inverse + inverse_at + c, lanes), lanes);
    }
  }
}

__kernel void batch_norm_diff(__global const float* restrict src, ulong src_at, __global const float* restrict diff,
                              ulong diff_at, __global const float* restrict mean, ulong mean_at,
                              __global const float* restrict terms, ulong terms_at, __global const int* restrict valid,
                              ulong valid_at, __global const int* restrict cursor, ulong cursor_at,
                              __global float* restrict to, ulong to_at, int table, int n, int per_sample, int channels,
                              int span, int vectors) {
  const share s = share_of((int)get_global_id(0), n * per_sample, channels, span, vectors);
  const int counted = valid_rows(valid + valid_at, cursor + cursor_at, table, n) * per_sample;
  const int end = s.end < counted ? s.end : counted;
  for (int c = s.from; c < s.to; c += LANES) {
    const int lanes = channels - c;
    const vec m = load_up_to(mean + mean_at + c, lanes);
    const vec factor = load_up_to(terms + terms_at + c, lanes);
    const vec offset = load_up_to(terms + terms_at + channels + c, lanes);
    const vec slope = load_up_to(terms + terms_at + 2 * (long)channels + c, lanes);
    int r = s.first;
    for (; r < end; ++r) {
      const long at = (long)r * channels + c;
      const vec x = load_up_to(src + src_at + at, lanes) - m;
      store_up_to(to + to_at + at, factor * (load_up_to(diff + diff_at + at, lanes) - offset - x * slope), lanes);
    }
    for (; r < s.end; ++r) store_up_to(to + to_at + (long)r * channels + c, (vec)(0.0f), lanes);
  }
}
