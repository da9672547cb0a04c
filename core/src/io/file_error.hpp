// How errors about files are worded: "<path>: <reason>", one line, whatever the path holds.
#pragma once

#include <filesystem>
#include <new>
#include <string>

#include "sateen/error.hpp"

namespace sateen {

/// The path for people: see printable.
std::string display_path(const std::filesystem::path& path);

/// Throws Error(code): what was tried, the system's reason, and what to do where that helps.
[[noreturn]] void throw_errno(ErrorCode code, const std::string& tried, int error);

/// Runs f; errors that leave it name the file.
template <typename F>
auto naming_file(const std::filesystem::path& path, F&& f) {
  try {
    return f();
  } catch (const Error& error) {
    throw Error(error.code(), display_path(path) + ": " + error.what());
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::kNoMemory, display_path(path) + ": not enough memory");
  }
}

}  // namespace sateen
