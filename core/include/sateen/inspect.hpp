// Looking into a .sateen file: whatever it holds, verified.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "sateen/checkpoint.hpp"
#include "sateen/export.hpp"
#include "sateen/graph.hpp"
#include "sateen/model_file.hpp"

namespace SATEEN_PUBLIC sateen {

/// A tensor as the file's table has it.
struct TensorSummary {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<int64_t> shape;
  uint64_t bytes = 0;
  uint64_t hash = 0;  ///< XXH3-64
};

/// A file that was read whole and verified.
struct FileSummary {
  uint16_t major = 0, minor = 0;  ///< version of the format
  uint64_t bytes = 0;
  uint64_t header_hash = 0;  ///< XXH3-64
  std::vector<TensorSummary> tensors;
  std::variant<ModelFile, Checkpoint> content;

  const Checkpoint* checkpoint() const { return std::get_if<Checkpoint>(&content); }
  const ModelFile& model() const;
};

/// Reads and verifies all that load_model, or for a checkpoint load_checkpoint, verifies; throws what those throw.
FileSummary inspect(const std::filesystem::path& path, const LoadOptions& options = {});

}  // namespace sateen
