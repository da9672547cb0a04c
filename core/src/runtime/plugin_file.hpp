// What a file has to be before its code is loaded: whose it is, who may write to it, and whether it is whole.
#pragma once

#include <filesystem>

#include <sys/types.h>

namespace sateen {

/// Throws Error(kDevice) where everybody may write to the file or folder.
void check_writers(const std::filesystem::path& path);

/// Whether code of this user's may run: root's, the own user's, and that of who could change `own`, the file that this
/// library is in.
bool is_trusted(uid_t owner, const std::filesystem::path& own);

/// Throws Error(kDevice) where everybody may write to the folder of a link that the full path leads over, or, without a
/// sticky bit, to a folder above. Folders that this library lies under are left out there.
void check_way_to(const std::filesystem::path& path);

/// Throws Error(kDevice) where `file`, which is no link, is not a regular file; where everybody may write to it or to its
/// folder; where it belongs to neither root, nor the user, nor the owner of the file that this library is
/// in; where it is no shared library or was cut short, so that touching its end would end the process.
void check_plugin_file(const std::filesystem::path& file);

}  // namespace sateen
