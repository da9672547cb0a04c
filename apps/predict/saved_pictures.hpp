// The folder of --save-preprocessed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "sateen/image.hpp"

namespace sateen::app {

/// What the network saw, a PNG for each picture. The folder is made, or is there and empty, so that nothing is ever
/// overwritten; a number makes each name its own.
class SavedPictures {
 public:
  /// Throws Error(kOutput) where the folder can't be made, isn't empty or is no folder.
  explicit SavedPictures(std::filesystem::path folder);

  /// Returns the file: FOLDER/000001-coat.png for photos/coat.jpg. Throws Error(kOutput).
  std::string save(const std::string& file, const GrayImage& image);

 private:
  std::filesystem::path folder_;
  uint64_t count_ = 0;
};

}  // namespace sateen::app
