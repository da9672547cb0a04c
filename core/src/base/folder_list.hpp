// What is in a folder.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace sateen {

/// The names in a folder but "." and "..", sorted. With the system's own functions: the C++ library's iterators end the
/// program where memory runs out. Throws std::system_error.
std::vector<std::string> folder_list(const std::filesystem::path& folder);

}  // namespace sateen
