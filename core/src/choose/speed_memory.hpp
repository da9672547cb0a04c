// Measured speeds on disk, so that they are measured once.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sateen/device.hpp"

namespace sateen {

/// One file for one set of candidates on one kind of machine, under one version of the library.
class SpeedMemory {
 public:
  /// folder: the cache folder; an empty one remembers nothing.
  SpeedMemory(const std::filesystem::path& folder, std::span<const DeviceInfo> candidates);

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
