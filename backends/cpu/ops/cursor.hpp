// Reading the cursor and what it points at: numbers out of range are refused here, before anything is touched with them.
#pragma once

#include <cstdint>
#include <string>

#include "sateen/sdk/failure.hpp"
#include "step.hpp"

namespace sateen::cpu {

/// cursor[0], or INVALID naming the operation where the table has no such row.
inline int64_t cursor_row(const RunContext& context, Place cursor, int64_t rows, const std::string& op) {
  const int32_t row = context.at<const int32_t>(cursor)[0];
  if (row < 0 || row >= rows) {
    throw sdk::Failure(SATEEN_INVALID, sdk::text(op, ": the cursor is at row ", row, " of a table of ", rows));
  }
  return row;
}

/// valid[row], or INVALID naming the operation where that is no number of rows of a batch of n.
inline int64_t valid_rows(const RunContext& context, Place valid, int64_t row, int64_t n, const std::string& op) {
  const int64_t count = context.at<const int32_t>(valid)[row];
  if (count < 0 || count > n) {
    throw sdk::Failure(SATEEN_INVALID, sdk::text(op, ": ", count, " valid rows in a batch of ", n));
  }
  return count;
}

}  // namespace sateen::cpu
