// The published networks' loss, composed of the oracle's operations in double; it knows nothing of core's layers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "oracle.hpp"

namespace gradient_tests {

/// Weights and bias of conv1, conv2, conv3, dense1, dense2.
using Parameters = std::array<oracle::Values, 10>;

struct Batch {
  oracle::Values pixels;  ///< [n][28][28][1], already scaled
  std::vector<int32_t> labels;
  bool dropout = false;
  uint64_t seed = 0;  ///< of the masks
  uint32_t step = 0;
};

/// The mean loss as a function of the parameters. What the layers before the changed one give is kept.
class OracleNetwork {
 public:
  OracleNetwork(Parameters parameters, Batch batch);
  const Parameters& parameters() const { return parameters_; }
  double loss() const;
  /// The loss with one parameter replaced.
  double loss_with(size_t parameter, const oracle::Values& values) const;

 private:
  /// The output of stage 0 … 4: a convolution or dense layer and what follows it up to the next.
  oracle::Values stage(size_t i, const oracle::Values& src, const oracle::Values& weights,
                       const oracle::Values& bias) const;
  double loss_of(const oracle::Values& logits) const;

  Parameters parameters_;
  Batch batch_;
  std::vector<oracle::Values> src_;  // of each stage, and last the logits
};

}  // namespace gradient_tests
