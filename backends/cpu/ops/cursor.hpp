// Reading the cursor: a row out of its table's range is refused here, before anything is touched with it.
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

}  // namespace sateen::cpu
