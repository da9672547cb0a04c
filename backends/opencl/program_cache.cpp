// Reading and writing the entries of the program cache.
#include "program_cache.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

namespace sateen::opencl {

namespace fs = std::filesystem;

namespace {

constexpr std::array<unsigned char, 8> kMagic = {'S', 'A', 'T', 'E', 'E', 'N', 'C', 'L'};
constexpr size_t kHeader = 32;
constexpr uint64_t kLargestEntry = uint64_t{256} << 20;
constexpr uint64_t kLargestFolder = uint64_t{512} << 20;
constexpr const char* kTemporary = ".new-";

using Bytes = std::vector<unsigned char>;

void put(Bytes& to, uint64_t value) {
  for (int i = 0; i < 8; ++i) to.push_back(static_cast<unsigned char>(value >> (8 * i)));
}

uint64_t number_at(const Bytes& bytes, size_t at) {
  uint64_t value = 0;
  for (size_t i = 0; i < 8; ++i) value |= uint64_t{bytes[at + i]} << (8 * i);
  return value;
}

Bytes entry_of(const std::string& key, const Bytes& program) {
  Bytes body(key.begin(), key.end());
  body.insert(body.end(), program.begin(), program.end());
  Bytes entry(kMagic.begin(), kMagic.end());
  entry.reserve(kHeader + body.size());
  put(entry, key.size());
  put(entry, program.size());
  put(entry, XXH3_64bits(body.data(), body.size()));
  entry.insert(entry.end(), body.begin(), body.end());
  return entry;
}

/// The program in an entry, or nothing where it is not whole or another key's.
Bytes program_in(const Bytes& entry, const std::string& key) {
  if (entry.size() < kHeader || !std::equal(kMagic.begin(), kMagic.end(), entry.begin())) return {};
  const uint64_t key_size = number_at(entry, 8);
  const uint64_t body_size = entry.size() - kHeader;
  if (key_size != key.size() || key_size > body_size || number_at(entry, 16) != body_size - key_size) return {};
  if (number_at(entry, 24) != XXH3_64bits(entry.data() + kHeader, body_size)) return {};
  const auto body = entry.begin() + kHeader;
  if (!std::equal(key.begin(), key.end(), body,
                  [](char a, unsigned char b) { return static_cast<unsigned char>(a) == b; })) {
    return {};
  }
  return {body + static_cast<ptrdiff_t>(key_size), entry.end()};
}

struct Descriptor {
  explicit Descriptor(int f) : fd(f) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
  int fd;
};

/// A regular file of a size that an entry can have; O_NONBLOCK so that a pipe in its place holds nobody up.
Bytes read_file(const fs::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (file.fd < 0 || ::fstat(file.fd, &info) != 0 || !S_ISREG(info.st_mode)) return {};
  if (info.st_size < 0 || static_cast<uint64_t>(info.st_size) > kLargestEntry) return {};
  Bytes bytes(static_cast<size_t>(info.st_size));
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t n = ::read(file.fd, bytes.data() + done, bytes.size() - done);
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

/// Without fsync: after a crash of the machine an entry may be damaged, and is then built again. 0, or the error.
int replace_file(const fs::path& path, const Bytes& bytes) {
  std::string temporary = path.parent_path() / (std::string(kTemporary) + "XXXXXX");
  int error = 0;
  {
    const Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
    if (file.fd < 0) return errno;
    error = write_all(file.fd, bytes);
  }
  if (error == 0 && ::rename(temporary.c_str(), path.c_str()) != 0) error = errno;
  if (error != 0) ::unlink(temporary.c_str());
  return error;
}

}  // namespace

fs::path ProgramCache::place(const std::string& key) const {
  const XXH128_hash_t hash = XXH3_128bits(key.data(), key.size());
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string name;
  for (const uint64_t half : {hash.high64, hash.low64}) {
    for (int shift = 60; shift >= 0; shift -= 4) name += kHex[half >> shift & 15U];
  }
  return folder_ / (name + ".program");
}

/// What is in it will run in this process, so it must be this user's own and nobody else's to write.
bool ProgramCache::trusted() const {
  struct stat info {};
  return ::stat(folder_.c_str(), &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == ::geteuid() &&
         (info.st_mode & S_IWOTH) == 0;
}

void ProgramCache::warn(const std::string& message) {
  host_.log(warned_ ? SATEEN_LOG_DEBUG : SATEEN_LOG_WARNING, "opencl: " + message);
  warned_ = true;
}

Bytes ProgramCache::load(const std::string& key) {
  if (folder_.empty() || !trusted()) return {};
  const fs::path path = place(key);
  std::error_code error;
  if (!fs::exists(fs::symlink_status(path, error))) return {};
  Bytes program = program_in(read_file(path), key);
  if (program.empty()) warn(path.string() + " in the program cache is damaged; the program is built again");
  return program;
}

void ProgramCache::refused(const std::string& key) {
  warn("the driver refuses " + place(key).string() + " of the program cache; the program is built again");
}

void ProgramCache::make_folder() const {
  std::error_code error;
  fs::create_directories(folder_.parent_path(), error);
  // Its own folder for this user alone; one that is there stays as it is.
  ::mkdir(folder_.c_str(), S_IRWXU);
}

void ProgramCache::store(const std::string& key, const Bytes& program) {
  if (folder_.empty() || program.empty() || program.size() > kLargestEntry - kHeader - key.size()) return;
  make_folder();
  if (!trusted()) {
    warn(folder_.string() +
         " can't be used as program cache: it is no folder of this user's own; programs are built at " +
         "each start (SATEEN_CACHE_DIR names another place)");
    return;
  }
  prune();
  const int failed = replace_file(place(key), entry_of(key, program));
  if (failed != 0) {
    warn(folder_.string() + ": " + std::generic_category().message(failed) +
         "; programs are built again at each start " + "(SATEEN_CACHE_DIR names another place)");
  }
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
    } else if (it->path().extension() == ".program") {
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
