// Writing files whole or not at all.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "io/bytes.hpp"

namespace sateen {

/// Writes the chunks, one after the other, to a temporary beside the file, syncs it, renames it into place and syncs
/// the folder. A symbolic link's target is replaced, the mode of an existing file kept, and temporaries of writers that
/// died removed. Throws Error(kOutput) naming the file; what was there before is then intact, but for the one case that
/// the message names: the folder could not be synced, and the new file is in place. previous: a name in the same folder
/// under which the file that was there is kept, where the file system has hard links.
void write_file_safely(const std::filesystem::path& path, std::span<const Bytes> chunks,
                       const std::string& previous = {});

/// Throws what write_file_safely would throw now because of the target: not a regular file, not writable, no folder.
void check_safe_target(const std::filesystem::path& path);

}  // namespace sateen
