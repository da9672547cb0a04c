// What a training run was asked to do.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace sateen::app {

struct TrainSettings {
  std::string model;  ///< "plain" or "dropout"
  std::filesystem::path data, out;
  int64_t epochs = 20;
  int64_t batch_size = 64;
  uint64_t seed = 0;
  double learning_rate = 1e-3;
  double held_out_share = 0.2;
  bool epoch_lines = true;
  bool profile = false;  ///< end with a table of the operations' times
};

}  // namespace sateen::app
