// Which sample of the data each row of a batch takes: what GATHER and AUGMENT have in common.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "step.hpp"

namespace sateen::cpu {

class Samples {
 public:
  /// Of an operation with the sources (data, indices | NONE, cursor | NONE).
  explicit Samples(const StepBuilder& builder);

  /// Those of one step.
  class Row {
   public:
    /// The sample that row i of the batch takes, or −1 where there is none.
    int64_t operator[](int64_t i) const {
      const int64_t index = indices_ != nullptr ? indices_[i] : start_ + i;
      return index >= 0 && index < count_ ? index : -1;
    }

   private:
    friend class Samples;
    const int32_t* indices_ = nullptr;
    int64_t start_ = 0, count_ = 0;
  };
  Row row(const RunContext& context) const;

  int64_t batch() const { return n_; }

 private:
  std::string name_;
  int64_t count_, n_;
  int64_t rows_ = 0;  // of the indices
  std::optional<Place> indices_, cursor_;
};

}  // namespace sateen::cpu
