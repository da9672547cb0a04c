// The folder of --save-preprocessed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "sateen/image.hpp"

namespace sateen::app {

/// What the network saw, a PNG for each picture. The folder is made, or is there and empty; a number makes each name its
/// own, and no file that is there is ever written to, whoever made it. A power cut may lose them: they are made again.
class SavedPictures {
 public:
  /// Throws Error(kOutput) where the folder can't be made, isn't empty or is no folder.
  explicit SavedPictures(std::filesystem::path folder);

  /// Returns the file: FOLDER/000001-coat.png for photos/coat.jpg. Of the name stays what is printable. Throws
  /// Error(kOutput), and leaves no half file.
  std::string save(const std::string& file, const GrayImage& image);

 private:
  std::filesystem::path folder_;
  uint64_t count_ = 0;
};

}  // namespace sateen::app
