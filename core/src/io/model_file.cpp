// Models to and from .sateen files.
#include "sateen/model_file.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "io/container.hpp"
#include "io/file_error.hpp"
#include "io/input_file.hpp"
#include "io/model_header.hpp"
#include "io/safe_file.hpp"
#include "sateen/checked.hpp"

namespace sateen {

namespace {

constexpr uint64_t kMaxModelBytes = uint64_t{2} << 30;
/// Tensors that are no weights may hold as many values, or three times the weights.
constexpr uint64_t kMaxOtherValues = uint64_t{1} << 22;

[[noreturn]] void bad(const std::string& what) {
  throw Error(ErrorCode::kBadInput, what);
}

/// The weights are borrowed from the model.
EncodedContainer encode_model(const ModelFile& file) {
  JsonTree header = encode_model_header(file);
  std::vector<ContainerTensor> tensors;
  for (const Parameter& parameter : file.model.parameters()) {
    const Shape& shape = parameter.spec.shape;
    tensors.push_back({kWeightsSection + parameter.name,
                       DType::kF32,
                       {shape.dims().begin(), shape.dims().end()},
                       bytes_of(file.model.weights().subspan(parameter.offset, shape.elements()))});
  }
  return encode_container(std::move(header), tensors);
}

/// The tensors of the weights, checked against the architecture. Those of other sections are passed over.
std::vector<const ContainerTensor*> weights_of(const Container& container, const ModelHeader& header) {
  const std::string_view section = kWeightsSection;
  std::vector<const ContainerTensor*> tensors;
  uint64_t bytes = 0;
  for (const ContainerTensor& tensor : container.tensors) {
    if (std::string_view(tensor.name).substr(0, section.size()) != section) continue;
    tensors.push_back(&tensor);
    bytes += tensor.data.size();
  }
  // Before the model takes memory for its weights.
  if (bytes != checked_mul(header.weights, sizeof(float), "the number of weights")) {
    bad("its weights are not as many as its architecture has");
  }
  return tensors;
}

Sequential build(const ModelHeader& header) {
  Sequential model(header.input);
  for (size_t i = 0; i < header.layers.size(); ++i) {
    model.add(header.layers[i]);
    if (model.layer_name(i) != header.layer_names[i]) {
      bad("layer " + std::to_string(i) + " is called " + header.layer_names[i] + " instead of " + model.layer_name(i));
    }
  }
  return model;
}

void copy_weights(Sequential& model, const std::vector<const ContainerTensor*>& tensors, bool allow_nonfinite) {
  const auto parameters = model.parameters();
  if (tensors.size() != parameters.size()) bad("its weights are not those of its architecture");
  for (size_t i = 0; i < tensors.size(); ++i) {
    const ContainerTensor& tensor = *tensors[i];
    const Shape& shape = parameters[i].spec.shape;
    if (tensor.name != kWeightsSection + parameters[i].name) {
      bad("tensor " + tensor.name + " stands where the architecture has " + parameters[i].name);
    }
    if (tensor.dtype != DType::kF32 ||
        !std::equal(tensor.dims.begin(), tensor.dims.end(), shape.dims().begin(), shape.dims().end())) {
      bad("tensor " + tensor.name + " is not f32 " + shape.to_string() + ", as the architecture has it");
    }
    const std::span<float> dst = model.weights().subspan(parameters[i].offset, shape.elements());
    std::memcpy(dst.data(), tensor.data.data(), dst.size_bytes());
    if (!allow_nonfinite && !std::all_of(dst.begin(), dst.end(), [](float value) { return std::isfinite(value); })) {
      bad("tensor " + tensor.name + " holds NaN or infinite values; --allow-nonfinite loads it all the same");
    }
  }
}

ModelFile decode_model(const std::filesystem::path& path, const LoadOptions& options) {
  InputFile file(path);
  if (file.size() > kMaxModelBytes) bad("is larger than the 2 GiB that a model may have");
  std::optional<ModelHeader> judged;
  const Container container = decode_container(
      file.size(), [&](std::span<uint8_t> dst) { file.read(dst); },
      [&](const nlohmann::json& json, uint64_t data_bytes) {
        judged = decode_model_header(json);
        // A checkpoint has Adam's two states besides the weights, and little else.
        if (data_bytes / sizeof(float) > kMaxOtherValues && data_bytes / sizeof(float) / 4 > judged->weights) {
          bad("its tensors are far larger than its architecture needs");
        }
      });
  file.expect_end();
  ModelHeader& header = *judged;
  const auto tensors = weights_of(container, header);
  Sequential model = build(header);
  copy_weights(model, tensors, options.allow_nonfinite);
  return {std::move(model),          header.preprocessing, std::move(header.class_names),
          std::move(header.version), header.data_hash,     header.seed};
}

}  // namespace

void save_model(const ModelFile& file, const std::filesystem::path& path) {
  const EncodedContainer encoded = naming_file(path, [&] { return encode_model(file); });
  write_file_safely(path, encoded.chunks);
}

void check_save_target(const std::filesystem::path& path) {
  check_safe_target(path);
}

ModelFile load_model(const std::filesystem::path& path, const LoadOptions& options) {
  return naming_file(path, [&] {
    try {
      return decode_model(path, options);
    } catch (const Error& error) {
      // Shapes and layers complain of wrong arguments; here those come from the file.
      if (error.code() != ErrorCode::kUsage) throw;
      throw Error(ErrorCode::kBadInput, error.what());
    }
  });
}

}  // namespace sateen
