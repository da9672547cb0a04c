// What models and checkpoints have in common as files: the header of a model, and tensors in sections.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "io/container.hpp"
#include "io/file_error.hpp"
#include "io/model_header.hpp"
#include "model/wrong_values.hpp"
#include "sateen/checkpoint.hpp"
#include "sateen/error.hpp"
#include "sateen/model_file.hpp"

namespace sateen {

/// A file that was read and verified but for its sections.
struct ModelParts {
  Container container;
  ModelHeader header;
};

/// Reads a file; its header is a model's. Throws Error(kBadInput) or, from shapes and layers, Error(kUsage).
ModelParts read_parts(const std::filesystem::path& path);

/// The model with the weights of the section kWeightsSection. Takes the texts out of the header.
ModelFile build_model(ModelParts& parts, const LoadOptions& options);

/// The whole checkpoint; throws where it is a model alone.
Checkpoint build_checkpoint(ModelParts& parts);

/// encode_container, and Error(kUsage) for what would be too large to be read.
EncodedContainer encode_parts(JsonTree header, std::span<const ContainerTensor> tensors);

/// Appends a tensor for each parameter of the model: the section and its name, with its part of the values. Those are
/// borrowed.
void add_section(std::vector<ContainerTensor>& tensors, const std::string& section, const Sequential& model,
                 std::span<const float> values);

/// Copies a section's tensors, which must be those of the model's parameters in their order.
void copy_section(const Container& container, const std::string& section, const Sequential& model,
                  std::span<float> values, bool allow_nonfinite);

/// Refuses values of a section that are wrong(spec, value), by the name of their tensor and these words.
template <typename Wrong>
void refuse_values(const std::string& section, const Sequential& model, std::span<const float> values,
                   const Wrong& wrong, const char* words) {
  if (const Parameter* parameter = find_wrong(model, values, wrong)) {
    throw Error(ErrorCode::kBadInput, "tensor " + section + parameter->name + words);
  }
}
constexpr const char* kBelowZero = " holds a variance below 0";

/// naming_file for what is read: shapes and layers complain of wrong arguments, but here those come from the file.
template <typename F>
auto naming_input(const std::filesystem::path& path, F&& f) {
  return naming_file(path, [&] {
    try {
      return f();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUsage) throw;
      throw Error(ErrorCode::kBadInput, error.what());
    }
  });
}

}  // namespace sateen
