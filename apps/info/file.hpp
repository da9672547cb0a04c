// What a .sateen file holds, as text and as JSON.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "sateen/inspect.hpp"

namespace sateen::app {

std::string file_as_text(const std::filesystem::path& path, const FileSummary& file);
/// One object of the schema "sateen.file/1".
std::string file_as_json(const std::filesystem::path& path, const FileSummary& file);

/// One line: what it is, and that it is whole.
std::string file_in_a_line(const std::filesystem::path& path, const FileSummary& file);

/// A layer's settings: "filters=32 kernel=3x3".
std::string settings_text(const Attributes& attributes);
/// 28x28x1
std::string shape_text(std::span<const int64_t> dims);
/// 16 digits.
const char* dtype_name(DType dtype);

}  // namespace sateen::app
