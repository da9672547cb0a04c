// Softmax, and the loss with its gradient.
//   softmax: for i < n: dst[i][c] = exp(src[i][c] - max) / sum over c of exp(src[i][c] - max)
//   cross_entropy_rows: with v = valid[cursor[0]], for i < n:
//     i < v:  result[i] = {-ln softmax(logits[i])[label], 1 if the first largest logit is the label's, else 0}
//             diff[i][c] = (softmax(logits[i])[c] - (c == label)) / v
//     i >= v: diff[i][c] = 0;    a label outside 0 … classes-1: result[i] = {NaN, 0}, diff[i] = 0
//   cross_entropy_sum: log[cursor[0]] = sum of result[i] over i < v, in order
// Global size: n for the first two, 1 for the third. Layout: [n][classes], result [n][2], log [rows][2].
// Bounds: classes >= 1; where the cursor is outside the tables, or v outside 0 … n, v counts as 0 and no log is written.
#include "valid.clh"
#pragma OPENCL FP_CONTRACT OFF

/// The place of the first largest value; of the first NaN, if it comes first of all.
static inline int find_largest(__global const float* row, int classes) {
  int best = 0;
  for (int c = 1; c < classes; ++c) {
    if (row[c] > row[best]) best = c;
  }
  return best;
}

/// Sum of exp(row[c] - max) without the largest's own 1, so that what is small beside 1 is not lost. What is NaN there,
/// as infinity - infinity, stays.
static inline float sum_of_others(__global const float* row, int classes, int largest) {
  const float max = row[largest];
  float sum = exp(max - max) - 1.0f;
  for (int c = 0; c < classes; ++c) {
    if (c != largest) sum += exp(row[c] - max);
  }
  return sum;
}

__kernel void softmax(__global const float* restrict src, ulong src_at, __global float* restrict dst, ulong dst_at,
                      int n, int classes) {
  const long i = get_global_id(0);
  if (i < n) {
    __global const float* row = src + src_at + i * classes;
    __global float* to = dst + dst_at + i * classes;
    const int largest = find_largest(row, classes);
    const float sum = 1.0f + sum_of_others(row, classes, largest);
    for (int c = 0; c < classes; ++c) to[c] = exp(row[c] - row[largest]) / sum;
  }
}

/// Whether the first largest logit is the label's; never where there is a NaN.
static inline int is_correct(__global const float* row, int classes, int label) {
  int correct = 1;
  for (int c = 0; c < classes; ++c) {
    const int below = c < label ? row[c] < row[label] : row[c] <= row[label];
    correct = correct && below;
  }
  return correct;
}

__kernel void cross_entropy_rows(__global const float* restrict logits, ulong logits_at,
                                 __global const int* restrict labels, ulong labels_at,
                                 __global const int* restrict valid, ulong valid_at,
                                 __global const int* restrict cursor, ulong cursor_at, __global float* restrict diff,
                                 ulong diff_at, __global float* restrict result, ulong result_at, int has_diff,
                                 int rows, int n, int classes) {
  const long i = get_global_id(0);
  if (i < n) {
    const int v = valid_rows(valid + valid_at, cursor + cursor_at, rows, n);
    const int label = labels[labels_at + i];
    const int counts = i < v;
    const int known = label >= 0 && label < classes;
    __global const float* row = logits + logits_at + i * classes;
    const int largest = find_largest(row, classes);
    const float others = sum_of_others(row, classes, largest);
    float loss = 0.0f;
    float correct = 0.0f;
    if (counts) loss = known ? log1p(others) - (row[known ? label : 0] - row[largest]) : NAN;
    if (counts && known) correct = is_correct(row, classes, label) ? 1.0f : 0.0f;
    result[result_at + 2 * i] = loss;
    result[result_at + 2 * i + 1] = correct;
    if (has_diff) {
      __global float* to = diff + diff_at + i * classes;
      for (int c = 0; c < classes; ++c) {
        const float p = exp(row[c] - row[largest]) / (1.0f + others);
        to[c] = counts && known ? (p - (c == label ? 1.0f : 0.0f)) / (float)v : 0.0f;
      }
    }
  }
}

// Kahan's sum: what a long batch adds up to is as good as a short one's.
__kernel void cross_entropy_sum(__global const float* restrict result, ulong result_at,
                                __global const int* restrict valid, ulong valid_at, __global const int* restrict cursor,
                                ulong cursor_at, __global float* restrict log, ulong log_at, int rows, int n) {
  const int row = cursor[cursor_at];
  if (get_global_id(0) == 0 && row >= 0 && row < rows) {
    const int v = valid_rows(valid + valid_at, cursor + cursor_at, rows, n);
    float plain = 0.0f;
    float sum = 0.0f;
    float lost = 0.0f;
    int correct = 0;
    for (int i = 0; i < v; ++i) {
      const float loss = result[result_at + 2 * (long)i];
      const float x = loss - lost;
      const float next = sum + x;
      lost = (next - sum) - x;
      sum = next;
      plain += loss;
      correct += (int)result[result_at + 2 * (long)i + 1];
    }
    // With infinities the correction is NaN where the sum is not.
    log[log_at + 2 * (long)row] = isfinite(plain) ? sum : plain;
    log[log_at + 2 * (long)row + 1] = (float)correct;
  }
}
