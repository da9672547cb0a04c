// Where plugins are looked for unless the caller says more.
#pragma once

#include <filesystem>
#include <vector>

namespace sateen {

/// The folders of which the first that is there is taken. Where the library is shared: sateen/backends beside it; where it
/// is part of a program: that of the installed tree that the program is in, and at last the one that CMake was told. In
/// a build tree: the tree's. A folder that belongs to neither the owner of that file nor root is left out.
std::vector<std::filesystem::path> usual_plugin_folders();

/// What to look in, in order: SATEEN_BACKEND_PATH, where it may be trusted, and the first usual folder that is there.
std::vector<std::filesystem::path> default_plugin_paths();

/// The file that this library is in, by itself or as part of a program, without links; empty where it is not known.
std::filesystem::path own_path();

/// Whether nobody but root and the owner of the file could have made the folder. True where it is not there.
bool belongs_to(const std::filesystem::path& folder, const std::filesystem::path& file);

}  // namespace sateen
