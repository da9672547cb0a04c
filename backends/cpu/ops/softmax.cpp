// Softmax and its cross-entropy, in double: they are small and their sums are what people look at.
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "op_table.hpp"
#include "ops/cursor.hpp"

namespace sateen::cpu {

namespace {

constexpr int64_t kRows = 16;  // of a task

double largest(const float* row, int64_t n) {
  return *std::max_element(row, row + n);
}

double sum_of_exponentials(const float* row, int64_t n, double max) {
  double sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += std::exp(row[i] - max);
  return sum;
}

/// Whether the first largest logit is the label's; never where there is a NaN.
bool is_correct(const float* row, int64_t n, int64_t label) {
  for (int64_t i = 0; i < n; ++i) {
    const bool below = i < label ? row[i] < row[label] : row[i] <= row[label];
    if (!below) return false;
  }
  return true;
}

class CrossEntropy {
 public:
  explicit CrossEntropy(StepBuilder& builder)
      : name_(builder.op().name),
        n_(builder.src(0).dim[0]),
        classes_(builder.src(0).dim[1]),
        rows_(builder.src(2).dim[0]),
        logits_(StepBuilder::place(builder.src(0))),
        labels_(StepBuilder::place(builder.src(1))),
        valid_(StepBuilder::place(builder.src(2))),
        cursor_(StepBuilder::place(builder.src(3))),
        log_(StepBuilder::place(builder.dst(0))),
        diff_(StepBuilder::place(builder.graph().dst(builder.op(), 1))),
        results_(builder.shared_scratch(sdk::checked_mul(static_cast<uint64_t>(n_), sizeof(Result)))) {}

  void run(const RunContext& context) const {
    const int64_t row = cursor_row(context, cursor_, rows_, name_);
    const int64_t valid = valid_rows(context, valid_, row, n_, name_);
    auto* results = context.at<Result>(results_);
    parallel_pieces(n_, kRows, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        float* diff = diff_ ? context.at(*diff_) + i * classes_ : nullptr;
        if (i < valid) {
          results[i] = judge(context.at(logits_) + i * classes_, context.at<const int32_t>(labels_)[i], valid, diff);
        } else if (diff != nullptr) {
          std::fill(diff, diff + classes_, 0.0F);
        }
      }
    });
    double loss = 0;
    int64_t correct = 0;
    for (int64_t i = 0; i < valid; ++i) {
      loss += results[i].loss;
      correct += results[i].correct;
    }
    float* log = context.at(log_) + 2 * row;
    log[0] = static_cast<float>(loss);
    log[1] = static_cast<float>(correct);
  }

 private:
  struct Result {
    double loss;
    int64_t correct;
  };

  Result judge(const float* logits, int64_t label, int64_t valid, float* diff) const {
    if (label < 0 || label >= classes_) {
      if (diff != nullptr) std::fill(diff, diff + classes_, 0.0F);
      return {std::numeric_limits<double>::quiet_NaN(), 0};
    }
    const double max = largest(logits, classes_);
    const double sum = sum_of_exponentials(logits, classes_, max);
    for (int64_t c = 0; diff != nullptr && c < classes_; ++c) {
      const double p = std::exp(logits[c] - max) / sum;
      diff[c] = static_cast<float>((p - (c == label ? 1.0 : 0.0)) / static_cast<double>(valid));
    }
    return {std::log(sum) - (logits[label] - max), is_correct(logits, classes_, label) ? 1 : 0};
  }

  std::string name_;
  int64_t n_, classes_, rows_;
  Place logits_, labels_, valid_, cursor_, log_;
  std::optional<Place> diff_;
  Scratch results_;
};

}  // namespace

template <>
Step Ops::make<SATEEN_OP_SOFTMAX>(StepBuilder& builder) {
  return [n = builder.src(0).dim[0], classes = builder.src(0).dim[1], src = StepBuilder::place(builder.src(0)),
          dst = StepBuilder::place(builder.dst(0))](const RunContext& context) {
    parallel_pieces(n, kRows, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const float* row = context.at(src) + i * classes;
        const double max = largest(row, classes);
        const double sum = sum_of_exponentials(row, classes, max);
        float* to = context.at(dst) + i * classes;
        for (int64_t c = 0; c < classes; ++c) to[c] = static_cast<float>(std::exp(row[c] - max) / sum);
      }
    });
  };
}

template <>
Step Ops::make<SATEEN_OP_SOFTMAX_CROSS_ENTROPY>(StepBuilder& builder) {
  return [entropy = CrossEntropy(builder)](const RunContext& context) { entropy.run(context); };
}

}  // namespace sateen::cpu
