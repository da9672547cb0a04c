// Compiled programs on disk, so that a second start needs no compiler.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "sateen/sdk/host.hpp"

namespace sateen::opencl {

/// A folder with a file for each program. Processes may share it: an entry is written beside its place and renamed, and
/// one that is damaged, foreign or in the way is the same as none. Nothing here fails; what is worth a warning gets one,
/// the first time.
///
/// An entry's name is the XXH3-128 of the key; cache_entry.hpp has what is in it.
class ProgramCache {
 public:
  /// folder: where the entries are, made when the first is stored; empty for no cache at all.
  ProgramCache(std::filesystem::path folder, sdk::Host host) : folder_(std::move(folder)), host_(host) {}

  bool keeps() const { return !folder_.empty(); }
  /// key: everything that the program depends on. Empty where there is none.
  std::vector<unsigned char> load(const std::string& key);
  void store(const std::string& key, const std::vector<unsigned char>& program);
  /// For a program that was loaded, and that the driver then refused.
  void refused(const std::string& key);

 private:
  static std::string name_of(const std::string& key);
  void not_kept(int error);
  void warn(const std::string& message);
  void prune() const;

  std::filesystem::path folder_;
  sdk::Host host_;
  bool warned_ = false;
};

}  // namespace sateen::opencl
