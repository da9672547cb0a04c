// A file in memory that has a path, for readers that take one.
#pragma once

#include <cerrno>
#include <string>
#include <system_error>

#include <sys/mman.h>
#include <unistd.h>

#include "io/bytes.hpp"
#include "io/descriptor.hpp"

namespace sateen::fuzz {

class MemoryFile {
 public:
  MemoryFile() : file_(::memfd_create("fuzz", MFD_CLOEXEC)) {
    if (!file_) throw std::system_error(errno, std::generic_category(), "memfd_create");
    path_ = "/proc/self/fd/" + std::to_string(file_.get());
  }

  /// Makes this the whole content.
  void set(Bytes content) {
    const bool cut = ::ftruncate(file_.get(), 0) == 0;
    const ssize_t written = ::pwrite(file_.get(), content.data(), content.size(), 0);
    if (!cut || written != static_cast<ssize_t>(content.size())) {
      throw std::system_error(errno, std::generic_category(), "memory file");
    }
  }
  const std::string& path() const { return path_; }

 private:
  Descriptor file_;
  std::string path_;
};

}  // namespace sateen::fuzz
