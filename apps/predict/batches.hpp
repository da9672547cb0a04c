// Pictures that go to the device together.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "predict/picture.hpp"
#include "predict/results.hpp"
#include "sateen/device.hpp"
#include "sateen/model_file.hpp"
#include "sateen/predict.hpp"

namespace sateen::app {

/// Gathers pictures and asks the network about a batch of them, in their order.
class Batches {
 public:
  /// model_path: for errors. mirror: as the Predictor's. results outlives this.
  Batches(const Device& device, const ModelFile& model, std::string model_path, size_t batch_size, bool mirror,
          Results& results);

  /// Takes a picture, and is done with the batch where it is full.
  void add(Picture picture);
  /// The results of the pictures that wait, if any, to the end of stdout. Throws Error(kBadInput) where the network gives
  /// no finite probabilities.
  void finish();

 private:
  Predictor predictor_;
  std::string model_path_;
  std::vector<std::string> class_names_;
  size_t batch_size_;
  Results& results_;
  std::vector<Picture> pictures_;
};

}  // namespace sateen::app
