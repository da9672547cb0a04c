// Loading one plugin: who may be loaded, and what its table must look like.
#pragma once

#include <filesystem>
#include <vector>

#include "sateen/backend.h"

namespace sateen {

/// Checks a table before anybody uses it: version, size, entries, name. Throws Error(kDevice) saying what is wrong.
void check_backend_table(const sateen_backend* table);

/// Loads a plugin file (never unloaded) and gives its checked table. Throws Error(kDevice): the file's name, and why it is
/// refused.
const sateen_backend* load_plugin(const std::filesystem::path& path);

/// The plugin files of a folder, sorted; or the file itself. Throws Error(kDevice) where the path must not be used: not
/// absolute, writable for everybody, or not there.
std::vector<std::filesystem::path> plugin_files(const std::filesystem::path& path);

}  // namespace sateen
