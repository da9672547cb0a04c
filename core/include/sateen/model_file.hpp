// Models on disk: the .sateen container.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "sateen/export.hpp"
#include "sateen/model.hpp"
#include "sateen/train.hpp"

namespace SATEEN_PUBLIC sateen {

/// What a model file holds. Nothing in it is a path, a host name, a time or code.
struct ModelFile {
  Sequential model;                      ///< layers and weights
  Preprocessing preprocessing;           ///< what its images went through in training
  std::vector<std::string> class_names;  ///< one for each logit
  // Where it came from.
  std::string version;     ///< of the library that wrote it; leave it empty when saving
  uint64_t data_hash = 0;  ///< Dataset::hash
  uint64_t seed = 0;       ///< TrainOptions::seed
};

/// Writes the file whole or not at all: a temporary beside it, fsync, rename, fsync of the folder. A symlink's target
/// is replaced and the mode of an existing file kept. Throws Error(kOutput) and leaves what was there; Error(kUsage) for what
/// load_model would refuse, a running variance below 0.
void save_model(const ModelFile& file, const std::filesystem::path& path);

/// Throws Error(kOutput) where save_model could not replace this file now: it is a pipe or a folder, is not to be written
/// to, or its folder is missing. For programs that want to know before a long training.
void check_save_target(const std::filesystem::path& path);

/// What a reader accepts beyond the usual.
struct LoadOptions {
  bool allow_nonfinite = false;  ///< accept NaN and infinite weights
};

/// Reads and verifies everything (limits, checksums, shapes against the architecture) before it builds the model.
/// Throws Error(kBadInput) that names the file and, for a damaged tensor, the tensor. Checksums find damage, not
/// malice.
ModelFile load_model(const std::filesystem::path& path, const LoadOptions& options = {});

}  // namespace sateen
