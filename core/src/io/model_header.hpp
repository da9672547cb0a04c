// A model's description in a container's header: architecture, preprocessing, labels, provenance.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "io/json.hpp"
#include "sateen/model_file.hpp"

namespace sateen {

/// Tensors of the weights are called kWeightsSection + the parameter's name.
constexpr const char* kWeightsSection = "model/";
constexpr size_t kMaxLayers = 1024;
constexpr size_t kMaxLabelBytes = 200;
/// Values of one sample's input and all layers' outputs together: 256 MiB as f32.
constexpr uint64_t kMaxActivations = uint64_t{1} << 26;
/// Multiply-adds or comparisons of one sample: some seconds on one core.
constexpr uint64_t kMaxOperations = uint64_t{1} << 36;

/// The header of a model file, without its tensors. Throws Error(kUsage) for what no file may hold.
JsonTree encode_model_header(const ModelFile& file);

/// A header that was read: everything that a model needs but its weights, which are not allocated yet.
struct ModelHeader {
  Shape input;
  std::vector<std::shared_ptr<const Layer>> layers;
  std::vector<std::string> layer_names;
  uint64_t weights = 0;  ///< how many values the architecture has
  Preprocessing preprocessing;
  std::vector<std::string> class_names;
  std::string version;
  uint64_t data_hash = 0, seed = 0;
};

/// Throws Error(kBadInput) or, from shapes and layers, Error(kUsage). Keys that it does not know are passed over.
ModelHeader decode_model_header(const nlohmann::json& header);

}  // namespace sateen
