// Which pictures a folder holds.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sateen/export.hpp"

namespace SATEEN_PUBLIC sateen {

/// Names in a folder, each list sorted by its bytes. Hidden ones (".x.png") are in neither.
struct PictureFolder {
  /// By their ending, links too: PNG, JPEG, BMP, PNM, and kinds that load_photo will refuse by name (HEIC, WebP, GIF,
  /// TIFF, AVIF), so that none is passed over.
  std::vector<std::string> pictures;
  std::vector<std::string> folders;  ///< not links, so that following them comes to an end
};

/// Looks into the folder itself, not into those in it. Throws Error(kBadInput) naming a folder that can't
/// be read.
PictureFolder list_pictures(const std::filesystem::path& folder);

}  // namespace sateen
