// The kernels whose code depends on the instruction set, as a table. It is included by files that are compiled for one
// instruction set each, so it names nothing of the C++ library: an inline function compiled there could be the copy
// that the linker keeps for everybody.
#pragma once

#include <stdint.h>

namespace sateen {
namespace cpu {

/// dst[r][j] = start + Σ o<outer Σ i<inner  a[row_offset[r] + o·a_outer + i·a_inner] · b[o·b_outer + i·b_inner + j]
/// for r < rows and j < columns ≤ KernelTable::columns. All sizes and steps are counted in floats. b has whole blocks
/// of KernelTable::columns. start is dst itself with `accumulate`, else bias[j], or 0 without a bias. With `leaky`, x
/// becomes x > 0 ? x : alpha · x at the end.
struct Multiply {
  int64_t outer, inner, rows, columns;
  int64_t a_outer, a_inner, b_outer, b_inner;
  const float* a;
  const int64_t* row_offset;
  const float* b;
  const float* bias;
  float* dst;
  int64_t dst_row;
  bool accumulate;
  bool leaky;
  float alpha;
};

/// One image of a max-pool, channels last.
struct PoolImage {
  int64_t height, width, channels;
  int64_t out_height, out_width;
  int64_t window_y, window_x, stride_y, stride_x, pad_top, pad_left;
};

/// Philox4x32-10's key, and the upper half of its counter.
struct PhiloxStream {
  uint32_t key[2];
  uint32_t step, stream;
};

/// Counters that are drawn from at once.
constexpr int64_t kPhiloxBlocks = 32;

struct DropoutDraw {
  PhiloxStream random;
  uint64_t group;  ///< of the first element: its number / 4
  uint32_t threshold;
  float scale;
};

struct AdamStep {
  float beta1, beta2, epsilon, lr;
};

/// One value a channel each: dst = (src − mean) · factor + shift.
struct NormChannels {
  const float *mean, *factor, *shift;
};

/// One value a channel each: diff_src = factor · (diff_dst − offset − (src − mean) · slope).
struct NormDiff {
  const float *mean, *factor, *offset, *slope;
};

struct KernelTable {
  const char* name;
  int64_t columns;  ///< the width of a block of output columns
  int64_t rows;     ///< the most rows of one register block
  void (*multiply)(const Multiply& job);
  /// dst[j] (+)= Σ r<rows src[r·row + j] for j < columns.
  void (*column_sums)(const float* src, int64_t rows, int64_t row, int64_t columns, bool accumulate, float* dst);
  /// dst[j] = Σ p<parts src[p·part + j] for j < n, in the order of p.
  void (*sum_parts)(const float* src, int64_t parts, int64_t part, int64_t n, float* dst);
  void (*max_pool_forward)(const PoolImage& shape, const float* src, float* dst);
  void (*max_pool_backward)(const PoolImage& shape, const float* src, const float* diff_dst, float* diff_src);
  void (*leaky_relu_forward)(const float* src, float alpha, int64_t n, float* dst);
  void (*leaky_relu_backward)(const float* dst, const float* diff_dst, float alpha, int64_t n, float* diff_src);
  /// word[4·i + j] = word j of counter first + i, for i < kPhiloxBlocks.
  void (*philox)(const PhiloxStream& random, uint64_t first, uint32_t* word);
  /// src and dst begin at the first element of draw.group.
  void (*dropout)(const DropoutDraw& draw, const float* src, int64_t n, float* dst);
  void (*adam)(const AdamStep& step, const float* diff, int64_t n, float* params, float* m, float* v);
  // Batch normalisation; src, diffs and dst are [rows][channels], the others [channels].
  /// The rows' mean less the pivot, a row of the same tensor, and the sum of their squared distances from it.
  void (*channel_moments)(const float* src, const float* pivot, int64_t rows, int64_t channels, float* mean,
                          float* squares);
  void (*normalise)(const float* src, const NormChannels& by, int64_t rows, int64_t channels, float* dst);
  /// sum = Σ diff_dst, product = Σ diff_dst · (src − mean) · factor.
  void (*normalised_sums)(const float* src, const float* diff_dst, const NormChannels& by, int64_t rows,
                          int64_t channels, float* sum, float* product);
  void (*normalised_diff)(const float* src, const float* diff_dst, const NormDiff& by, int64_t rows, int64_t channels,
                          float* diff_src);
  void (*u8_to_f32)(const uint8_t* src, float scale, float shift, int64_t n, float* dst);
  /// As many multiply-adds as the instruction set does at the most, for `rounds` rounds: x = x · factor + term in
  /// `peak_chains` independent chains. *sum becomes what came out of them, so that they are not left out.
  void (*multiply_adds)(float factor, float term, int64_t rounds, float* sum);
  int64_t peak_chains;  ///< of one float each
};

extern const KernelTable kBaselineKernels;
#ifdef SATEEN_CPU_X86
extern const KernelTable kAvx2Kernels;
extern const KernelTable kAvx512Kernels;
#endif

}  // namespace cpu
}  // namespace sateen
