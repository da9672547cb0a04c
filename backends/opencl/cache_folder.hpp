// A folder of the user's own for what can be made again. It needs no OpenCL.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace sateen::opencl {

/// An open file or folder; -1 for none.
class Descriptor {
 public:
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  Descriptor(Descriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

/// An open folder whose files are whole or not there, whoever writes them at once. What is in it steers this process, so
/// the folder and each file must be this user's own with nobody else's rights to write, and links are not followed.
/// Nothing is synced to the disk: after a crash of the machine a file may be damaged.
class CacheFolder {
 public:
  /// begins the name of what a writer that died has left.
  static constexpr const char* kTemporary = ".new-";

  /// One that is there.
  static CacheFolder open(const std::filesystem::path& path);
  /// The same; where it is missing it is made, for this user alone, with those above it.
  static CacheFolder make(const std::filesystem::path& path);

  static CacheFolder none() { return {Descriptor(-1), 0}; }

  explicit operator bool() const { return folder_.get() >= 0; }
  /// Why it could not be opened, as errno has it.
  int error() const { return error_; }

  /// Whether there is anything of this name.
  bool has(const std::string& name) const;
  /// Empty where it is not there, not the user's own or longer than that.
  std::vector<unsigned char> read(const std::string& name, uint64_t longest) const;
  /// 0, or the error.
  int replace(const std::string& name, const std::vector<unsigned char>& bytes) const;

  /// Keeps other processes from what they do under the same lock, for as long as it lives. Where the file system has no
  /// locks, or somebody holds one for a second, it is none.
  Descriptor lock() const;

 private:
  CacheFolder(Descriptor folder, int error) : folder_(std::move(folder)), error_(error) {}

  Descriptor folder_;
  int error_;
};

/// What people should know of an error of CacheFolder's.
std::string cache_folder_words(int error);

/// XXH3-128 as 32 hexadecimal digits: a file's name for a key of any length.
std::string cache_name(const std::string& key);

}  // namespace sateen::opencl
