// Files in a folder of the user's own.
#include "cache_folder.hpp"

#include <atomic>
#include <cerrno>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

namespace sateen::opencl {

namespace fs = std::filesystem;

namespace {

using Bytes = std::vector<unsigned char>;

/// This user's own, and nobody else's to write.
bool own(const struct stat& info) {
  return info.st_uid == ::geteuid() && (info.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/// 0, or the error.
int write_all(int fd, const Bytes& bytes) {
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t n = ::write(fd, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return n < 0 ? errno : EIO;
    done += static_cast<size_t>(n);
  }
  return 0;
}

/// A name that no other process and no other thread has.
std::string temporary_name() {
  static std::atomic<uint64_t> number{0};
  return CacheFolder::kTemporary + std::to_string(::getpid()) + "-" + std::to_string(++number);
}

}  // namespace

Descriptor::~Descriptor() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

CacheFolder CacheFolder::open(const fs::path& path) {
  Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (folder.get() < 0) return {Descriptor(-1), errno};
  struct stat info {};
  if (::fstat(folder.get(), &info) == 0 && own(info)) return {std::move(folder), 0};
  return {Descriptor(-1), EPERM};
}

CacheFolder CacheFolder::make(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) return {Descriptor(-1), error.value()};
  // One that is there stays as it is.
  if (::mkdir(path.c_str(), S_IRWXU) != 0 && errno != EEXIST) return {Descriptor(-1), errno};
  return open(path);
}

bool CacheFolder::has(const std::string& name) const {
  struct stat info {};
  return ::fstatat(folder_.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
}

/// O_NONBLOCK so that a pipe in its place holds nobody up.
Bytes CacheFolder::read(const std::string& name, uint64_t longest) const {
  const Descriptor file(::openat(folder_.get(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  struct stat info {};
  if (file.get() < 0 || ::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode) || !own(info)) return {};
  if (info.st_size < 0 || static_cast<uint64_t>(info.st_size) > longest) return {};
  Bytes bytes(static_cast<size_t>(info.st_size));
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t n = ::read(file.get(), bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return {};
    done += static_cast<size_t>(n);
  }
  return bytes;
}

int CacheFolder::replace(const std::string& name, const Bytes& bytes) const {
  const std::string temporary = temporary_name();
  int error = 0;
  {
    constexpr int kNew = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    const Descriptor file(::openat(folder_.get(), temporary.c_str(), kNew, S_IRUSR | S_IWUSR));
    if (file.get() < 0) return errno;
    error = write_all(file.get(), bytes);
  }
  if (error == 0 && ::renameat(folder_.get(), temporary.c_str(), folder_.get(), name.c_str()) != 0) error = errno;
  if (error != 0) ::unlinkat(folder_.get(), temporary.c_str(), 0);
  return error;
}

Descriptor CacheFolder::lock() const {
  constexpr int kTries = 50;
  constexpr useconds_t kPause = 20'000;
  // Opened anew, so that the lock goes with the descriptor.
  Descriptor lock(::openat(folder_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (int i = 0; i < kTries && lock.get() >= 0; ++i) {
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
    if (errno != EWOULDBLOCK && errno != EINTR) break;
    ::usleep(kPause);
  }
  return Descriptor(-1);
}

std::string cache_folder_words(int error) {
  return error == EPERM || error == ELOOP || error == ENOTDIR
             ? "it must be a folder of this user's own that nobody else may write to"
             : std::generic_category().message(error);
}

std::string cache_name(const std::string& key) {
  const XXH128_hash_t hash = XXH3_128bits(key.data(), key.size());
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string name;
  for (const uint64_t half : {hash.high64, hash.low64}) {
    for (int shift = 60; shift >= 0; shift -= 4) name += kHex[half >> shift & 15U];
  }
  return name;
}

}  // namespace sateen::opencl
