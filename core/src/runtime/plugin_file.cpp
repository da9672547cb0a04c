// What a file has to be before its code is loaded: whose it is, who may write to it, and whether it is whole.
#include "runtime/plugin_file.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>

#include <elf.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sateen/error.hpp"

namespace sateen {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void refuse(const std::string& reason) {
  throw Error(ErrorCode::kDevice, reason);
}

struct stat status_of(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) refuse(path.string() + ": " + std::strerror(errno));
  return status;
}

void check_mode(const struct stat& status, const std::string& name) {
  if ((status.st_mode & S_IWOTH) != 0) {
    refuse(name + " is writable for everybody, so nothing is loaded from it; remove that right with chmod o-w");
  }
}

/// The loader maps what the headers of a library name and does not ask whether the file has it. Of other machines'
/// libraries the loader says what is wrong.
void check_whole(const fs::path& file, uint64_t bytes) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) refuse(std::string("it can't be read: ") + std::strerror(errno));
  Elf64_Ehdr header{};
  stream.read(reinterpret_cast<char*>(&header), sizeof header);
  const auto got = static_cast<uint64_t>(stream.gcount());
  if (got < SELFMAG || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) refuse("it is no shared library");
  if (got == sizeof header && header.e_ident[EI_CLASS] != ELFCLASS64) return;
  bool whole = got == sizeof header;
  if (whole) stream.seekg(static_cast<std::streamoff>(header.e_phoff));
  for (int i = 0; whole && i < header.e_phnum; ++i) {
    Elf64_Phdr part{};
    stream.read(reinterpret_cast<char*>(&part), sizeof part);
    whole = stream.good() && part.p_offset <= bytes && part.p_filesz <= bytes - part.p_offset;
  }
  if (!whole) refuse("it was cut short; copy or build it anew");
}

}  // namespace

void check_writers(const fs::path& path) {
  check_mode(status_of(path), path.string());
}

void check_plugin_file(const fs::path& file) {
  const struct stat status = status_of(file);
  if (S_ISDIR(status.st_mode)) refuse("it is a folder");
  if (!S_ISREG(status.st_mode)) refuse("it is not a regular file");
  check_mode(status, "it");
  const struct stat folder = status_of(file.parent_path());
  check_mode(folder, "its folder, " + file.parent_path().string() + ",");
  if (status.st_uid != 0 && status.st_uid != ::geteuid() && status.st_uid != folder.st_uid) {
    refuse("it belongs to user " + std::to_string(status.st_uid) +
           ", who is neither root, nor you, nor whom its folder belongs to");
  }
  if (status.st_size == 0) refuse("it is empty");
  check_whole(file, static_cast<uint64_t>(status.st_size));
}

}  // namespace sateen
