// Which sample of the data each row of a batch takes.
#include "ops/samples.hpp"

#include "ops/cursor.hpp"

namespace sateen::cpu {

namespace {

/// row · n, or a number that is outside every data set where that does not fit.
int64_t row_start(int64_t row, int64_t n) {
  int64_t start = 0;
  return __builtin_mul_overflow(row, n, &start) || start > INT64_MAX - n ? INT64_MIN : start;
}

}  // namespace

Samples::Samples(const StepBuilder& builder)
    : name_(builder.op().name),
      count_(builder.src(0).dim[0]),
      n_(builder.dst(0).dim[0]),
      indices_(StepBuilder::place(builder.graph().src(builder.op(), 1))),
      cursor_(StepBuilder::place(builder.graph().src(builder.op(), 2))) {
  if (indices_) rows_ = builder.src(1).dim[0] / n_;
}

Samples::Row Samples::row(const RunContext& context) const {
  Row row;
  row.count_ = count_;
  if (indices_) {
    const int64_t at = cursor_ ? cursor_row(context, *cursor_, rows_, name_) : 0;
    row.indices_ = context.at<const int32_t>(*indices_) + at * n_;
  } else if (cursor_) {
    row.start_ = row_start(context.at<const int32_t>(*cursor_)[0], n_);
  }
  return row;
}

}  // namespace sateen::cpu
