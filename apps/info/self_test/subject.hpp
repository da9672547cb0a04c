// The device under test and the one that it is held against.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sateen/device.hpp"

namespace sateen::app {

class Subject {
 public:
  /// info: a device of the registry. settings: "key=value" for it.
  Subject(const Registry& registry, Registry::Options places, DeviceInfo info, std::vector<std::string> settings);

  const DeviceInfo& info() const { return info_; }
  const std::vector<std::string>& settings() const { return settings_; }
  /// Opened when it is first asked for.
  Device& device();
  /// cpu, or for cpu itself cpu's plainest instructions on one thread.
  Device& reference();
  /// "cpu", in words for people.
  std::string reference_name() const;
  bool is_reference() const { return info_.backend == kReference; }

  /// The device once more, from the beginning.
  Device open_another(const std::vector<std::string>& more_settings = {}) const;
  /// The same by a registry that keeps what it can make again in this folder.
  Device open_with_cache(const std::filesystem::path& folder) const;
  /// Leaves a device that failed behind; the next device() is a new one.
  void leave();

 private:
  static constexpr const char* kReference = "cpu";
  const Registry& registry_;
  Registry::Options places_;
  DeviceInfo info_;
  std::vector<std::string> settings_;
  std::optional<Device> device_, reference_;
};

}  // namespace sateen::app
