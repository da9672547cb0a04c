// What a file has to be before its code is loaded: whose it is, who may write to it, and whether it is whole.
#include "runtime/plugin_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <fstream>
#include <string>
#include <system_error>
#include <tuple>

#include <elf.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/plugin_folders.hpp"
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

bool lies_under(const fs::path& file, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), file.begin(), file.end()).first == folder.end();
}

/// Of a folder in which a folder is looked up, and nothing else.
void check_above(const fs::path& folder) {
  const mode_t mode = status_of(folder).st_mode;
  if ((mode & S_IWOTH) == 0 || (mode & S_ISVTX) != 0) return;
  if (lies_under(own_path(), folder)) return;  // who may write to it could replace this library
  refuse("a folder above it, " + folder.string() + ", is writable for everybody; remove that right with chmod o-w");
}

void check_mode(const struct stat& status, const std::string& name) {
  if ((status.st_mode & S_IWOTH) != 0) {
    refuse(name + " is writable for everybody, so nothing is loaded from it; remove that right with chmod o-w");
  }
}

bool is_for_this_processor(const Elf64_Ehdr& header) {
  Elf64_Ehdr own{};
  std::ifstream stream(own_path(), std::ios::binary);
  if (!stream.read(reinterpret_cast<char*>(&own), sizeof own)) return true;  // then the loader has to say it
  const auto kind = [](const Elf64_Ehdr& h) {
    return std::tuple(h.e_ident[EI_CLASS], h.e_ident[EI_DATA], h.e_machine);
  };
  return kind(header) == kind(own);
}

/// The loader maps what the headers of a library name and does not ask whether the file has it; and of another
/// processor's libraries it says that they are not there.
void check_whole(const fs::path& file, uint64_t bytes) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) refuse(std::string("it can't be read: ") + std::strerror(errno));
  Elf64_Ehdr header{};
  stream.read(reinterpret_cast<char*>(&header), sizeof header);
  const auto got = static_cast<uint64_t>(stream.gcount());
  if (got < SELFMAG || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) refuse("it is no shared library");
  if (got == sizeof header && !is_for_this_processor(header)) refuse("it is for another kind of processor");
  if (got == sizeof header && header.e_ident[EI_CLASS] != ELFCLASS64) return;
  bool whole = got == sizeof header;
  if (whole) stream.seekg(static_cast<std::streamoff>(header.e_phoff));
  for (int i = 0; whole && i < header.e_phnum; ++i) {
    Elf64_Phdr part{};
    stream.read(reinterpret_cast<char*>(&part), sizeof part);
    whole = stream.good() && part.p_offset <= bytes && part.p_filesz <= bytes - part.p_offset;
    // The loader clears what is beyond the file's bytes; a negative length of that ends the process.
    if (whole && part.p_type == PT_LOAD && part.p_filesz > part.p_memsz) refuse("it is damaged; copy or build it anew");
  }
  if (!whole) refuse("it was cut short; copy or build it anew");
}

}  // namespace

void check_writers(const fs::path& path) {
  check_mode(status_of(path), path.string());
}

bool is_trusted(uid_t owner, const fs::path& own) {
  if (owner == 0 || owner == ::geteuid()) return true;
  struct stat status {};
  return !own.empty() && ::stat(own.c_str(), &status) == 0 && status.st_uid == owner;
}

void check_way_to(const fs::path& path) {
  constexpr int kMaxLinks = 40;  // as the system has it
  fs::path folder = path.root_path();
  const fs::path relative = path.relative_path();
  std::deque<fs::path> rest(relative.begin(), relative.end());
  for (int links = 0; !rest.empty();) {
    const fs::path part = rest.front();
    rest.pop_front();
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      folder = folder.parent_path();
      continue;
    }
    std::error_code error;
    const fs::path target = fs::read_symlink(folder / part, error);
    if (error && error != std::errc::invalid_argument) refuse((folder / part).string() + ": " + error.message());
    if (error) {  // no link
      if (!rest.empty()) check_above(folder);
      folder /= part;
      continue;
    }
    check_mode(status_of(folder), "the folder of a link to it, " + folder.string() + ",");
    if (++links > kMaxLinks) refuse("too many links lead to it");
    if (target.is_absolute()) folder = target.root_path();
    const fs::path to = target.relative_path();
    rest.insert(rest.begin(), to.begin(), to.end());
  }
}

void check_plugin_file(const fs::path& file) {
  const struct stat status = status_of(file);
  if (S_ISDIR(status.st_mode)) refuse("it is a folder");
  if (!S_ISREG(status.st_mode)) refuse("it is not a regular file");
  check_mode(status, "it");
  check_mode(status_of(file.parent_path()), "its folder, " + file.parent_path().string() + ",");
  if (!is_trusted(status.st_uid, own_path())) {
    refuse("it belongs to user " + std::to_string(status.st_uid) +
           ", who is neither root, nor you, nor the owner of this library");
  }
  if (status.st_size == 0) refuse("it is empty");
  check_whole(file, static_cast<uint64_t>(status.st_size));
}

}  // namespace sateen
