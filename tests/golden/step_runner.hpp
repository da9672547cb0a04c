// Runs a model's training steps and predictions on a device, and reads everything back.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "graph/steps.hpp"
#include "sateen/device.hpp"
#include "sateen/model.hpp"

namespace step_tests {

/// An epoch's tables as the training step wants them.
struct StepData {
  uint64_t seed = 0;  ///< of the dropout masks
  int64_t batch = 0;
  int32_t first_step = 0;
  std::vector<uint8_t> images, labels;
  std::vector<int32_t> permutation, valid;
};

/// Tensors like Sequential::weights: one parameter after the other without gaps.
struct TrainingState {
  std::vector<float> params, diff, m, v;
};

class StepRunner {
 public:
  StepRunner(sateen::Device device, const sateen::Sequential& model, const StepData& data);
  /// One training step, the next row of the tables.
  void step();
  TrainingState state() const;
  /// Loss sum and correct count of a row.
  std::array<float, 2> log(size_t row) const;
  /// {row, step}
  std::array<int32_t, 2> cursor() const;
  /// Probabilities of the first `batch` images with the weights as they are.
  std::vector<float> predict();

 private:
  std::vector<float> read_parameters(size_t binding) const;

  sateen::Device device_;
  sateen::Sequential model_;
  sateen::ParameterLayout layout_;
  std::vector<sateen::Buffer> buffers_;  // in the order of TrainingStep::Binding
  sateen::Program training_;
  int64_t batch_;
};

}  // namespace step_tests
