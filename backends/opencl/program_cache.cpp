// Reading and writing the entries of the program cache.
#include "program_cache.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <system_error>

#include "cache_entry.hpp"
#include "cache_folder.hpp"

namespace sateen::opencl {

namespace fs = std::filesystem;

namespace {

constexpr uint64_t kLargestEntry = uint64_t{256} << 20;
constexpr uint64_t kLargestFolder = uint64_t{512} << 20;
constexpr const char* kEntry = ".program";

using Bytes = std::vector<unsigned char>;

}  // namespace

std::string ProgramCache::name_of(const std::string& key) {
  return cache_name(key) + kEntry;
}

void ProgramCache::warn(const std::string& message) {
  host_.log(warned_ ? SATEEN_LOG_DEBUG : SATEEN_LOG_WARNING, "opencl: " + message);
  warned_ = true;
}

Bytes ProgramCache::load(const std::string& key) {
  if (folder_.empty()) return {};
  const CacheFolder folder = CacheFolder::open(folder_);
  const std::string name = name_of(key);
  if (!folder || !folder.has(name)) return {};
  Bytes program = program_in(folder.read(name, kLargestEntry), key);
  if (program.empty()) {
    warn((folder_ / name).string() + " in the program cache is damaged or not this user's; the program is built again");
  }
  return program;
}

void ProgramCache::refused(const std::string& key) {
  warn("the driver refuses " + (folder_ / name_of(key)).string() + " of the program cache; the program is built again");
}

void ProgramCache::not_kept(int error) {
  warn(folder_.string() + " can't keep programs, which are built at each start: " + cache_folder_words(error) +
       " (SATEEN_CACHE_DIR names another place)");
}

void ProgramCache::store(const std::string& key, const Bytes& program) {
  if (folder_.empty() || program.empty() || program.size() > kLargestEntry - kCacheEntryHeader - key.size()) return;
  const CacheFolder folder = CacheFolder::make(folder_);
  if (!folder) return not_kept(folder.error());
  prune();
  const int failed = folder.replace(name_of(key), cache_entry(key, program));
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
    if (name.compare(0, std::strlen(CacheFolder::kTemporary), CacheFolder::kTemporary) == 0) {
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
