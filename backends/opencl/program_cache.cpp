// Reading and writing the entries of the program cache.
#include "program_cache.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "cache_entry.hpp"

namespace sateen::opencl {

namespace fs = std::filesystem;

namespace {

constexpr uint64_t kLargestEntry = uint64_t{256} << 20;
constexpr uint64_t kLargestFolder = uint64_t{512} << 20;
constexpr const char* kTemporary = ".new-";
constexpr const char* kEntry = ".program";

using Bytes = std::vector<unsigned char>;

/// An open file or folder.
class Descriptor {
 public:
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

/// What is in the cache will run in this process, so it must be this user's own and nobody else's to write.
bool own(const struct stat& info) {
  return info.st_uid == ::geteuid() && (info.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/// -1 where the folder is not there, is reached by a link, or is not the user's own.
int open_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (descriptor < 0) return -1;
  struct stat info {};
  if (::fstat(descriptor, &info) == 0 && own(info)) return descriptor;
  ::close(descriptor);
  errno = EPERM;
  return -1;
}

/// A regular file of the user's own, of a size that an entry can have. O_NONBLOCK so that a pipe in its place holds
/// nobody up.
Bytes read_file(int folder, const std::string& name) {
  const Descriptor file(::openat(folder, name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  struct stat info {};
  if (file.get() < 0 || ::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode) || !own(info)) return {};
  if (info.st_size < 0 || static_cast<uint64_t>(info.st_size) > kLargestEntry) return {};
  Bytes bytes(static_cast<size_t>(info.st_size));
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t n = ::read(file.get(), bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return {};
    done += static_cast<size_t>(n);
  }
  return bytes;
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
  return sdk::text(kTemporary, static_cast<int64_t>(::getpid()), "-", ++number);
}

/// Without fsync: after a crash of the machine an entry may be damaged, and is then built again. 0, or the error.
int replace_file(int folder, const std::string& name, const Bytes& bytes) {
  const std::string temporary = temporary_name();
  int error = 0;
  {
    constexpr int kNew = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    Descriptor file(::openat(folder, temporary.c_str(), kNew, S_IRUSR | S_IWUSR));
    if (file.get() < 0) return errno;
    error = write_all(file.get(), bytes);
  }
  if (error == 0 && ::renameat(folder, temporary.c_str(), folder, name.c_str()) != 0) error = errno;
  if (error != 0) ::unlinkat(folder, temporary.c_str(), 0);
  return error;
}

}  // namespace

std::string ProgramCache::name_of(const std::string& key) {
  const XXH128_hash_t hash = XXH3_128bits(key.data(), key.size());
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string name;
  for (const uint64_t half : {hash.high64, hash.low64}) {
    for (int shift = 60; shift >= 0; shift -= 4) name += kHex[half >> shift & 15U];
  }
  return name + kEntry;
}

void ProgramCache::warn(const std::string& message) {
  host_.log(warned_ ? SATEEN_LOG_DEBUG : SATEEN_LOG_WARNING, "opencl: " + message);
  warned_ = true;
}

Bytes ProgramCache::load(const std::string& key) {
  if (folder_.empty()) return {};
  const Descriptor folder(open_folder(folder_));
  if (folder.get() < 0) return {};
  const std::string name = name_of(key);
  struct stat info {};
  if (::fstatat(folder.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return {};
  Bytes program = program_in(read_file(folder.get(), name), key);
  if (program.empty()) {
    warn((folder_ / name).string() + " in the program cache is damaged or not this user's; the program is built again");
  }
  return program;
}

void ProgramCache::refused(const std::string& key) {
  warn("the driver refuses " + (folder_ / name_of(key)).string() + " of the program cache; the program is built again");
}

void ProgramCache::not_kept(int error) {
  const std::string reason = error == EPERM || error == ELOOP || error == ENOTDIR
                                 ? "it must be a folder of this user's own that nobody else may write to"
                                 : std::generic_category().message(error);
  warn(folder_.string() + " can't keep programs, which are built at each start: " + reason +
       " (SATEEN_CACHE_DIR names another place)");
}

void ProgramCache::store(const std::string& key, const Bytes& program) {
  if (folder_.empty() || program.empty() || program.size() > kLargestEntry - kCacheEntryHeader - key.size()) return;
  std::error_code error;
  fs::create_directories(folder_.parent_path(), error);
  if (error) return not_kept(error.value());
  // For this user alone; one that is there stays as it is.
  if (::mkdir(folder_.c_str(), S_IRWXU) != 0 && errno != EEXIST) return not_kept(errno);
  const Descriptor folder(open_folder(folder_));
  if (folder.get() < 0) return not_kept(errno);
  prune();
  const int failed = replace_file(folder.get(), name_of(key), cache_entry(key, program));
  if (failed != 0) not_kept(failed);
}

/// Leaves room: the oldest entries go when there are too many, and what writers that died have left.
void ProgramCache::prune() const {
  struct Entry {
    fs::file_time_type time;
    uint64_t bytes;
    fs::path path;
  };
  std::vector<Entry> entries;
  uint64_t total = 0;
  std::error_code error;
  for (fs::directory_iterator it(folder_, error), end; !error && it != end; it.increment(error)) {
    std::error_code gone;
    if (!it->is_regular_file(gone)) continue;
    const fs::file_time_type time = it->last_write_time(gone);
    const uint64_t bytes = it->file_size(gone);
    if (gone) continue;
    const std::string name = it->path().filename();
    if (name.compare(0, std::strlen(kTemporary), kTemporary) == 0) {
      if (fs::file_time_type::clock::now() - time > std::chrono::hours(1)) fs::remove(it->path(), gone);
    } else if (it->path().extension() == kEntry) {
      entries.push_back({time, bytes, it->path()});
      total += bytes;
    }
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.time < b.time; });
  for (const Entry& entry : entries) {
    if (total <= kLargestFolder) break;
    if (fs::remove(entry.path, error)) total -= entry.bytes;
  }
}

}  // namespace sateen::opencl
