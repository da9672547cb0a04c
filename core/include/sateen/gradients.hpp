// One training step looked at: the gradients of a batch, and how far those of two devices are apart.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sateen/device.hpp"
#include "sateen/export.hpp"
#include "sateen/model.hpp"
#include "sateen/train.hpp"

namespace SATEEN_PUBLIC sateen {

/// A batch as a training step sees it. labels.size() images in the model's input shape, u8.
struct Batch {
  std::vector<uint8_t> images;  ///< one after the other
  std::vector<uint8_t> labels;  ///< a class for each
  uint64_t seed = 0;            ///< of the dropout masks
  int32_t step = 0;             ///< which numbers them
  Preprocessing preprocessing;  ///< of the pixels
};

/// The loss of a batch and its derivative by each weight.
struct Gradients {
  double loss = 0;            ///< mean over the batch
  std::vector<float> values;  ///< like Sequential::weights; 0 for running statistics
};

/// Runs one training step, update included, on a copy of the model. Throws Error(kUsage) for a batch that does not fit
/// the model; Error(kDevice) or Error(kNoMemory) from the device. The device's thread rule.
Gradients gradients(Device device, const Sequential& model, const Batch& batch);

/// The largest difference over all parameters, each in units of its largest |want|; infinity where a value is not
/// finite. A parameter whose gradient is zero throughout counts in units of 1.
/// got, want: as many values as the model has weights, laid out alike.
double gradient_distance(const Sequential& model, std::span<const float> got, std::span<const float> want);

/// Gradients jump where a value lies on a kink of LeakyReLU or two values tie for a maximum; there two devices may rightly
/// differ. False where the device's own gradient moves by more than `bound` when every weight moves by 5e-7 of itself.
/// want: the batch's gradients on that device.
bool is_smooth(const Device& device, const Sequential& model, const Batch& batch, const Gradients& want, double bound);

}  // namespace sateen
