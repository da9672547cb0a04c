// One pass of a step over its tables, in chunks, from where they begin.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "sateen/device.hpp"
#include "train/epoch_tables.hpp"

namespace sateen {

class Pass {
 public:
  virtual ~Pass() = default;
  /// Submits up to n steps as one chunk; returns how many.
  virtual int64_t submit(int64_t n) = 0;
};

/// Of a program that is a whole step. At most one earlier chunk is left in flight.
class DevicePass final : public Pass {
 public:
  DevicePass(Device& device, Program& program, EpochTables& tables, std::vector<Binding> bindings)
      : device_(device),
        program_(program),
        tables_(tables),
        bindings_(std::move(bindings)),
        submitted_(tables.rows_done()) {}

  int64_t submit(int64_t n) override {
    const int64_t end = std::min(tables_.rows(), submitted_ + n);
    const int64_t count = end - submitted_;
    for (; submitted_ < end; ++submitted_) program_.run(bindings_);
    tables_.fetch_until(device_, end);
    tables_.collect(1);
    return count;
  }

 private:
  Device& device_;
  Program& program_;
  EpochTables& tables_;
  std::vector<Binding> bindings_;
  int64_t submitted_;
};

}  // namespace sateen
