// The file of --report: new, and whole or not there.
#pragma once

#include <filesystem>
#include <string>

namespace sateen::app {

/// Throws Error(kOutput) where the file is there already, or could not be made now: for before the checks run.
void check_report_file(const std::filesystem::path& path);

/// Writes the text to a temporary beside the file, syncs it and gives it the file's name. Throws Error(kOutput); there is
/// then no file, or the one that came meanwhile.
void write_report_file(const std::filesystem::path& path, const std::string& text);

}  // namespace sateen::app
