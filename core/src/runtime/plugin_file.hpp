// What a file has to be before its code is loaded: whose it is, who may write to it, and whether it is whole.
#pragma once

#include <filesystem>

namespace sateen {

/// Throws Error(kDevice) where everybody may write to the file or folder.
void check_writers(const std::filesystem::path& path);

/// Throws Error(kDevice) where `file`, which is no link, is not a regular file; where everybody may write to it or to its
/// folder; where it belongs to neither root, nor the user, nor whom the folder belongs to; where it is no shared library
/// or was cut short, so that touching its end would end the process.
void check_plugin_file(const std::filesystem::path& file);

}  // namespace sateen
