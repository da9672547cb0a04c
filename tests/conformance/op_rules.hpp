// What a file of cases says of its operations' rules, so that every way of breaking them can be made from a good case.
#pragma once

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "raw_graph.hpp"

namespace conformance {

/// Attributes changed in this way.
template <typename Attrs, typename F>
Fault attrs_fault(const std::string& name, F change, const std::vector<sateen_status>& accepted = kInvalid) {
  return {name, [change](RawGraph& g) { g.edit_attrs<Attrs>(change); }, accepted};
}

/// Operands are "src0", "dst1" and so on.
using Operands = std::vector<std::string>;

/// What a source has to hold for its operation to make sense, where any numbers will not do.
enum class Role {
  kWeights,   ///< small, as the sums over them are long
  kPositive,  ///< a variance and the like
  kSteps,     ///< small and positive: learning rates
  kCursor,    ///< a row of the tables, and a step
  kIndices,   ///< of the first dim of src0
  kLabels,    ///< classes, of the last dim of src0
  kValid,     ///< how many rows of src0 count
};

struct OpRules {
  std::string start;                                     ///< the case of the operation that is spoiled: its good one
  Operands optional = {};                                ///< may be SATEEN_NONE
  Operands any_length = {};                              ///< the last dim is free: tables of the steps of an epoch
  Operands any_count = {};                               ///< the first dim is free: a data set
  Operands i32_too = {};                                 ///< I32 in place of its type would be right
  Bound bound = kElementwise;                            ///< how far its results may be off in a replay
  std::vector<std::pair<std::string, Role>> roles = {};  ///< of sources
  /// Of sources that differ by a rounding the results may be quite others, in a few elements: it chooses by them.
  bool jumps = false;
  int in_place = -1;               ///< the first destination that is in place
  std::vector<Fault> faults = {};  ///< of the attributes
  /// Where it isn't empty, the faults go to a suite of this name, and what every operation can have wrong is left out.
  std::string faults_alone = {};
};

/// Faults of the attributes that windows have. The kernel is 3 × 3 and the strides are 2.
template <typename Attrs>
std::vector<Fault> window_faults() {
  return {
      attrs_fault<Attrs>("stride_y_0", [](Attrs& a) { a.stride_y = 0; }),
      attrs_fault<Attrs>("stride_x_0", [](Attrs& a) { a.stride_x = 0; }),
      attrs_fault<Attrs>("stride_negative", [](Attrs& a) { a.stride_y = -2; }),
      attrs_fault<Attrs>("stride_other", [](Attrs& a) { a.stride_x = 1; }),
      attrs_fault<Attrs>("pad_negative", [](Attrs& a) { a.pad_left = -1; }),
      attrs_fault<Attrs>("pad_top_as_large_as_the_kernel",
                         [](Attrs& a) {
                           a.pad_top = 3;
                           a.pad_bottom = 0;  // as many output rows as before
                         }),
      attrs_fault<Attrs>("pad_right_too_large", [](Attrs& a) { a.pad_right = 4; }),
      attrs_fault<Attrs>("pad_bottom_huge", [](Attrs& a) { a.pad_bottom = std::numeric_limits<int32_t>::max(); }),
  };
}

}  // namespace conformance
