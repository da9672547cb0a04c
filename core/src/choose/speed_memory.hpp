// Measured speeds on disk, so that they are measured once.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sateen/device.hpp"

namespace sateen {

/// The speeds in such a file: nothing where it is another key's or another number of devices'. Throws Error(kBadInput) for
/// JSON that is malformed or lacks a part.
std::optional<std::vector<double>> speeds_in(std::string_view text, const std::string& key, size_t count);

/// One file for one set of candidates on one kind of machine, under one version of the library, and another for strict
/// registries: where nothing runs on cpu instead, another device may win.
class SpeedMemory {
 public:
  /// folder: the cache folder; an empty one remembers nothing.
  SpeedMemory(const std::filesystem::path& folder, std::span<const DeviceInfo> candidates, bool strict);

  bool remembers() const { return !file_.empty(); }
  /// In the order of the candidates, all above 0. Nothing where there is no such file, or a damaged or foreign one.
  std::optional<std::vector<double>> read() const;
  /// Makes the folder where it is missing. Throws Error(kOutput).
  void write(std::span<const double> speeds) const;

 private:
  std::string key_;  // JSON
  std::filesystem::path file_;
  size_t count_;
};

}  // namespace sateen
