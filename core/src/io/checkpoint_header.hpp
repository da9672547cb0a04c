// What a checkpoint adds to a model's header, and its history as a tensor.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "io/container.hpp"
#include "sateen/checkpoint.hpp"

namespace sateen {

constexpr const char* kTrainingKey = "training";
constexpr size_t kMaxDeviceBytes = 200;

/// The header's value of "training" that was read.
struct CheckpointHeader {
  TrainState state;        ///< without Adam's means
  int64_t best_epoch = 0;  ///< 0: none
  int64_t batch_size = 0, epochs = 0;
  Adam adam;
  double held_out_share = 0;
  TrainingPlan plan;
  bool restore_best = false;
  std::string device;
  Choices choices;
  Augmentation augmentation;
};

/// Into this object. Throws Error(kUsage) for what no file may hold.
void encode_checkpoint_header(const Checkpoint& checkpoint, nlohmann::json& training);
/// header: the whole one. Throws Error(kBadInput); a model without "training" is told so.
CheckpointHeader decode_checkpoint_header(const nlohmann::json& header);

/// u8 [epochs][56]: in each row seven little-endian f64.
std::vector<uint8_t> encode_history(const std::vector<EpochRecord>& history);
ContainerTensor history_tensor(const std::string& name, Bytes history);
/// monitor: tells which are the best.
std::vector<EpochRecord> decode_history(const ContainerTensor& tensor, Monitor monitor);

}  // namespace sateen
