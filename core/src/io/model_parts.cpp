// What models and checkpoints have in common as files.
#include "io/model_parts.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "io/input_file.hpp"
#include "sateen/checked.hpp"

namespace sateen {

namespace {

constexpr uint64_t kMaxModelBytes = uint64_t{2} << 30;
/// Besides four times the weights (a checkpoint has Adam's two means and the best ones) a file may hold as many values: a
/// history of 100,000 epochs, and padding.
constexpr uint64_t kMaxOtherValues = uint64_t{1} << 22;

[[noreturn]] void bad(const std::string& what) {
  throw Error(ErrorCode::kBadInput, what);
}

std::vector<const ContainerTensor*> section_of(const Container& container, std::string_view section) {
  std::vector<const ContainerTensor*> tensors;
  for (const ContainerTensor& tensor : container.tensors) {
    if (std::string_view(tensor.name).substr(0, section.size()) == section) tensors.push_back(&tensor);
  }
  return tensors;
}

/// Before the model takes memory for its weights.
void check_weights(const ModelParts& parts) {
  uint64_t bytes = 0;
  for (const ContainerTensor* tensor : section_of(parts.container, kWeightsSection)) bytes += tensor->data.size();
  if (bytes != checked_mul(parts.header.weights, sizeof(float), "the number of weights")) {
    bad("its weights are not as many as its architecture has");
  }
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

}  // namespace

ModelParts read_parts(const std::filesystem::path& path) {
  InputFile file(path);
  if (file.size() > kMaxModelBytes) bad("is larger than the 2 GiB that a model may have");
  std::optional<ModelHeader> judged;
  Container container = decode_container(
      file.size(), [&](std::span<uint8_t> dst) { file.read(dst); },
      [&](const nlohmann::json& json, uint64_t data_bytes) {
        judged = decode_model_header(json);
        const uint64_t values = data_bytes / sizeof(float);
        if (values > kMaxOtherValues && (values - kMaxOtherValues) / 4 > judged->weights) {
          bad("its tensors are far larger than its architecture needs");
        }
      });
  file.expect_end();
  ModelParts parts{std::move(container), std::move(*judged)};
  check_weights(parts);
  return parts;
}

ModelFile build_model(ModelParts& parts, const LoadOptions& options) {
  ModelHeader& header = parts.header;
  Sequential model = build(header);
  copy_section(parts.container, kWeightsSection, model, model.weights(), options.allow_nonfinite);
  refuse_values(kWeightsSection, model, model.weights(), is_below_zero, kBelowZero);
  return {std::move(model),          header.preprocessing, std::move(header.class_names),
          std::move(header.version), header.data_hash,     header.seed};
}

EncodedContainer encode_parts(JsonTree header, std::span<const ContainerTensor> tensors) {
  EncodedContainer encoded = encode_container(std::move(header), tensors);
  uint64_t bytes = 0;
  for (const Bytes chunk : encoded.chunks) bytes += chunk.size();
  if (bytes > kMaxModelBytes) throw Error(ErrorCode::kUsage, "would be larger than the 2 GiB that a model may have");
  return encoded;
}

void add_section(std::vector<ContainerTensor>& tensors, const std::string& section, const Sequential& model,
                 std::span<const float> values) {
  for (const Parameter& parameter : model.parameters()) {
    const Shape& shape = parameter.spec.shape;
    tensors.push_back({section + parameter.name,
                       DType::kF32,
                       {shape.dims().begin(), shape.dims().end()},
                       bytes_of(values.subspan(parameter.offset, shape.elements()))});
  }
}

void copy_section(const Container& container, const std::string& section, const Sequential& model,
                  std::span<float> values, bool allow_nonfinite) {
  const auto tensors = section_of(container, section);
  const auto parameters = model.parameters();
  if (tensors.size() != parameters.size()) bad("the tensors " + section + "… are not those of its architecture");
  for (size_t i = 0; i < tensors.size(); ++i) {
    const ContainerTensor& tensor = *tensors[i];
    const Shape& shape = parameters[i].spec.shape;
    if (tensor.name != section + parameters[i].name) {
      bad("tensor " + tensor.name + " stands where the architecture has " + parameters[i].name);
    }
    if (tensor.dtype != DType::kF32 ||
        !std::equal(tensor.dims.begin(), tensor.dims.end(), shape.dims().begin(), shape.dims().end())) {
      bad("tensor " + tensor.name + " is not f32 " + shape.to_string() + ", as the architecture has it");
    }
    const std::span<float> dst = values.subspan(parameters[i].offset, shape.elements());
    std::memcpy(dst.data(), tensor.data.data(), dst.size_bytes());
    if (!allow_nonfinite && !std::all_of(dst.begin(), dst.end(), [](float value) { return std::isfinite(value); })) {
      bad("tensor " + tensor.name + " holds NaN or infinite values" +
          (section == kWeightsSection ? "; --allow-nonfinite loads a model all the same" : ""));
    }
  }
}

}  // namespace sateen
