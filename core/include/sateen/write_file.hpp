// Small files written whole or not at all.
#pragma once

#include <filesystem>
#include <string_view>

namespace sateen {

/// Writes the text as save_model writes models: a temporary beside the file, fsync, rename, fsync of the folder. Throws
/// Error(kOutput) and leaves what was there.
void write_file(const std::filesystem::path& path, std::string_view text);

}  // namespace sateen
