// Class probabilities for images.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "sateen/device.hpp"
#include "sateen/export.hpp"
#include "sateen/model.hpp"
#include "sateen/train.hpp"

namespace SATEEN_PUBLIC sateen {

/// Runs a model forward on one device. One thread at a time, the same as its device.
class Predictor {
 public:
  /// Uploads the weights and compiles the pass; the model is not kept. batch_size: how many images go to the device at
  /// once, at least 1. mirror: each image is asked about twice, as it is and with left and right swapped, and the mean of
  /// the two rows of probabilities counts, which takes twice as long; for models trained with Augmentation::mirror.
  /// Throws Error(kUsage) for a model that does not end in one row of logits, or, with mirror, doesn't begin with
  /// [H][W][C]; Error(kDevice) or Error(kNoMemory) from the device.
  Predictor(Device device, const Sequential& model, Preprocessing preprocessing = {}, int64_t batch_size = 1,
            bool mirror = false);
  ~Predictor();
  /// What was moved from may only be assigned to or destroyed.
  Predictor(Predictor&&) noexcept;
  /// Likewise.
  Predictor& operator=(Predictor&&) noexcept;

  /// The length of a row of probabilities: the model's logits.
  int64_t classes() const;
  /// images: any number of samples in the model's input shape, u8. Returns count × classes() probabilities, a row
  /// each. Throws Error(kUsage) where the pixels are no whole number of samples; else what the device throws.
  std::vector<float> predict(std::span<const uint8_t> images);
  /// Device time of each operation, over all batches so far. Throws what Program::profile throws: the device is opened
  /// with "profile=1".
  std::vector<OpProfile> profile() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sateen
