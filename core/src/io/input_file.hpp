// Reading files that may be hostile: regular files only, sizes judged before anything is allocated.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "io/descriptor.hpp"

namespace sateen {

/// A regular file, read from front to back. Errors are Error(kBadInput) without the path: see naming_file.
class InputFile {
 public:
  /// Refuses folders, FIFOs and devices, and never waits for one.
  explicit InputFile(const std::filesystem::path& path);

  /// As it was when the file was opened.
  uint64_t size() const { return size_; }
  /// Fills dst, or throws because the file got shorter.
  void read(std::span<uint8_t> dst);
  /// Reads up to dst.size() bytes; fewer at the end of the file only.
  size_t read_some(std::span<uint8_t> dst);
  /// Throws if there is more: the file grew while it was read.
  void expect_end();

 private:
  Descriptor file_;
  uint64_t size_ = 0;
};

/// The whole file. what: "picture", for "is larger than the 64 MiB that a picture may have". Errors name the file.
std::vector<uint8_t> read_file(const std::filesystem::path& path, uint64_t max_bytes, std::string_view what);

}  // namespace sateen
