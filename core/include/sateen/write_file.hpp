// Small files written whole or not at all.
#pragma once

#include <filesystem>
#include <string_view>

#include "sateen/export.hpp"

namespace SATEEN_PUBLIC sateen {

/// Whether a file is there after a power cut, too.
enum class Durable {
  kYes,  ///< when write_file returns it is on the disk
  kNo,   ///< it gets there in a while
};

/// Writes the text as save_model writes models: a temporary beside the file, fsync, rename, fsync of the folder. Throws
/// Error(kOutput) and leaves what was there. Durable::kNo is for what can be made again: without the two fsyncs it is
/// whole for every program that reads it, and only a power cut can lose it, or leave an empty file.
void write_file(const std::filesystem::path& path, std::string_view text, Durable durable = Durable::kYes);

}  // namespace sateen
