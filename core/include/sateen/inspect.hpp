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
  std::string name;            ///< of a parameter, or what a checkpoint has beside them
  DType dtype = DType::kF32;   ///< what its elements are
  std::vector<int64_t> shape;  ///< the outermost dim first
  uint64_t bytes = 0;          ///< without padding
  uint64_t hash = 0;           ///< XXH3-64
};

/// A file that was read whole and verified.
struct FileSummary {
  uint16_t major = 0;                           ///< version of the format, which a reader has to know
  uint16_t minor = 0;                           ///< what grew since
  uint64_t bytes = 0;                           ///< of the whole file
  uint64_t header_hash = 0;                     ///< XXH3-64
  std::vector<TensorSummary> tensors;           ///< in the file's order
  std::variant<ModelFile, Checkpoint> content;  ///< what load_model or load_checkpoint gives

  /// The checkpoint in `content`; null for a plain model.
  const Checkpoint* checkpoint() const { return std::get_if<Checkpoint>(&content); }
  /// The model in `content`; every file has one.
  const ModelFile& model() const;
};

/// Reads and verifies all that load_model, or for a checkpoint load_checkpoint, verifies; throws what those throw.
FileSummary inspect(const std::filesystem::path& path, const LoadOptions& options = {});

}  // namespace sateen
