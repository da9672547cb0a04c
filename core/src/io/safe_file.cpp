// Writing files whole or not at all: temporary, fsync, rename, fsync of the folder.
#include "io/safe_file.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "io/descriptor.hpp"
#include "io/file_error.hpp"
#include "sateen/write_file.hpp"

namespace sateen {

namespace {

constexpr auto kOutput = ErrorCode::kOutput;
constexpr std::string_view kMark = ".sateen-";
constexpr std::string_view kEnd = ".tmp";
constexpr size_t kRandomDigits = 8;
constexpr int kMaxLinks = 40;
constexpr int kMaxNames = 100;

[[noreturn]] void fail(const char* tried) {
  throw_errno(kOutput, tried, errno);
}

/// Follows symbolic links in the last part of the path, so that their target is replaced and not they themselves.
std::filesystem::path resolve_links(std::filesystem::path path) {
  for (int links = 0; links < kMaxLinks; ++links) {
    std::error_code error;
    if (!std::filesystem::is_symlink(std::filesystem::symlink_status(path, error))) return path;
    const std::filesystem::path target = std::filesystem::read_symlink(path, error);
    if (error) throw_errno(kOutput, "the symbolic link can't be read", error.value());
    path = target.is_absolute() ? target : path.parent_path() / target;
  }
  throw_errno(kOutput, "can't be written", ELOOP);
}

// Temporaries are called prefix_for(target), eight digits, ".tmp".

std::string prefix_for(const std::string& name) {
  const size_t longest = NAME_MAX - 1 - kMark.size() - kRandomDigits - kEnd.size();
  return "." + name.substr(0, longest) + std::string(kMark);
}

std::string random_name(const std::string& prefix) {
  uint32_t number = 0;
  if (::getrandom(&number, sizeof number, 0) != static_cast<ssize_t>(sizeof number)) fail("no random number");
  std::array<char, kRandomDigits + 1> digits{};
  std::snprintf(digits.data(), digits.size(), "%08x", number);
  return prefix + digits.data() + std::string(kEnd);
}

bool is_temporary(std::string_view name, const std::string& prefix) {
  return name.size() == prefix.size() + kRandomDigits + kEnd.size() && name.substr(0, prefix.size()) == prefix &&
         name.substr(name.size() - kEnd.size()) == kEnd;
}

bool same_file(int folder, const char* name, int file) {
  struct stat by_name {};
  struct stat by_file {};
  return ::fstatat(folder, name, &by_name, AT_SYMLINK_NOFOLLOW) == 0 && ::fstat(file, &by_file) == 0 &&
         by_name.st_dev == by_file.st_dev && by_name.st_ino == by_file.st_ino;
}

/// What it can't remove it leaves: a leftover is no reason not to save.
void remove_stale(int folder, const std::string& prefix) {
  const int copy = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy < 0) return;
  const std::unique_ptr<DIR, int (*)(DIR*)> list(::fdopendir(copy), &::closedir);
  if (!list) {
    ::close(copy);
    return;
  }
  while (const dirent* entry = ::readdir(list.get())) {
    if (!is_temporary(entry->d_name, prefix)) continue;
    const Descriptor file(::openat(folder, entry->d_name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) continue;
    if (same_file(folder, entry->d_name, file.get())) ::unlinkat(folder, entry->d_name, 0);
  }
}

/// Gives a file a second name, which may have been another's.
void keep_as(int folder, const std::string& name, const std::string& previous) {
  const std::string prefix = prefix_for(previous);
  remove_stale(folder, prefix);
  const std::string link = random_name(prefix);
  if (::linkat(folder, name.c_str(), folder, link.c_str(), 0) != 0) {
    // No hard links on this file system, or no more of them, or none for files of others.
    if (errno == EPERM || errno == ENOTSUP || errno == ENOSYS || errno == EMLINK) return;
    fail("the file before can't be kept");
  }
  const int result = ::renameat(folder, link.c_str(), folder, previous.c_str());
  const int error = errno;
  // Where both names were one file already, rename has left the link.
  ::unlinkat(folder, link.c_str(), 0);
  if (result != 0) throw_errno(kOutput, "the file before can't be kept", error);
}

/// A temporary beside the target. It is locked while its writer lives, so that a temporary that can be locked is stale.
class Temporary {
 public:
  Temporary(int folder, const std::string& name, mode_t mode) : folder_(folder), prefix_(prefix_for(name)) {
    remove_stale(folder_, prefix_);
    for (int i = 0; i < kMaxNames && !file_; ++i) try_create(mode);
    if (!file_) throw Error(kOutput, "no free name for a temporary file");
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    if (!name_.empty()) ::unlinkat(folder_, name_.c_str(), 0);
  }

  void set_mode(mode_t mode) {
    if (::fchmod(file_.get(), mode) != 0) fail("the old file's mode can't be kept");
  }

  void write(Bytes bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::write(file_.get(), bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) fail("can't be written");
      if (n == 0) throw_errno(kOutput, "can't be written", EIO);
      bytes = bytes.subspan(static_cast<size_t>(n));
    }
  }

  void sync() {
    while (::fsync(file_.get()) != 0) {
      if (errno != EINTR) fail("can't be brought to the disk");
    }
  }

  /// Closes it and gives it the target's name. The lock outlives the close: nobody may take it for stale in between.
  void rename_to(const std::string& target) {
    const Descriptor lock(::fcntl(file_.get(), F_DUPFD_CLOEXEC, 0));
    if (!lock) fail("can't be written");
    if (file_.close() != 0 && errno != EINTR) fail("can't be closed");
    if (::renameat(folder_, name_.c_str(), folder_, target.c_str()) != 0) fail("can't be put in place");
    name_.clear();
  }

 private:
  void try_create(mode_t mode) {
    std::string name = random_name(prefix_);
    Descriptor file(::openat(folder_, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
    if (!file && errno == EEXIST) return;
    if (!file) fail("can't be created");
    // Without taking memory: nobody would remove the file where that fails.
    name_ = std::move(name);
    file_ = std::move(file);
    // Between creation and lock another writer may have taken it for stale: then it has lost its name, and so have we.
    // A file system without locks has no such writers.
    ::flock(file_.get(), LOCK_EX);
    if (!same_file(folder_, name_.c_str(), file_.get())) {
      name_.clear();
      file_ = Descriptor();
    }
  }

  int folder_;
  std::string prefix_;
  std::string name_;
  Descriptor file_;
};

void sync_folder(int folder) {
  while (::fsync(folder) != 0) {
    if (errno == EINTR) continue;
    if (errno == EINVAL || errno == ENOTSUP) return;  // a file system whose folders can't be synced
    fail("is written, but the folder can't be brought to the disk, so a power cut might lose it");
  }
}

/// Where a file goes: its folder, open, its name there, and what has that name now.
struct Target {
  Descriptor folder;
  std::string name;
  bool exists = false;
  struct stat old {};
};

Target examine(const std::filesystem::path& path) {
  const std::filesystem::path resolved = resolve_links(path);
  Target target;
  target.name = resolved.filename().string();
  if (target.name.empty() || target.name == "." || target.name == "..") {
    throw Error(kOutput, "is a folder, not a file name");
  }
  const std::filesystem::path parent = resolved.has_parent_path() ? resolved.parent_path() : ".";
  target.folder = Descriptor(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!target.folder) fail("its folder can't be opened");
  target.exists = ::fstatat(target.folder.get(), target.name.c_str(), &target.old, AT_SYMLINK_NOFOLLOW) == 0;
  if (!target.exists && errno != ENOENT) fail("can't be examined");
  if (!target.exists) return target;
  if (S_ISDIR(target.old.st_mode)) throw Error(kOutput, "is a folder; choose another name");
  if (!S_ISREG(target.old.st_mode)) throw Error(kOutput, "exists and is not a regular file; choose another name");
  if (::faccessat(target.folder.get(), target.name.c_str(), W_OK, AT_EACCESS) != 0) fail("can't be replaced");
  return target;
}

void write_all(const std::filesystem::path& path, std::span<const Bytes> chunks, const std::string& previous,
               Durable durable) {
  const Target target = examine(path);
  const int folder = target.folder.get();
  constexpr mode_t kPermissions = S_IRWXU | S_IRWXG | S_IRWXO;
  constexpr mode_t kOwnerOnly = S_IRUSR | S_IWUSR;
  constexpr mode_t kAsUmaskSays = S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH;
  Temporary temporary(folder, target.name, target.exists ? kOwnerOnly : kAsUmaskSays);
  if (target.exists) temporary.set_mode(target.old.st_mode & kPermissions);
  for (const Bytes chunk : chunks) temporary.write(chunk);
  if (durable == Durable::kYes) temporary.sync();
  if (target.exists && !previous.empty()) keep_as(folder, target.name, previous);
  temporary.rename_to(target.name);
  if (durable == Durable::kYes) sync_folder(folder);
}

}  // namespace

void write_file_safely(const std::filesystem::path& path, std::span<const Bytes> chunks, const std::string& previous) {
  naming_file(path, [&] { write_all(path, chunks, previous, Durable::kYes); });
}

void write_file(const std::filesystem::path& path, std::string_view text, Durable durable) {
  const Bytes chunk = bytes_of(std::span(text));
  naming_file(path, [&] { write_all(path, {&chunk, 1}, {}, durable); });
}

void check_safe_target(const std::filesystem::path& path) {
  naming_file(path, [&] { examine(path); });
}

}  // namespace sateen
