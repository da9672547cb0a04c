// The device under test.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sateen/device.hpp"

namespace conformance {

/// What was asked for.
struct TargetOptions {
  std::string backend = "cpu";
  std::string device_id;
  std::vector<std::string> options;
  std::vector<std::filesystem::path> backend_paths;
  std::string needs;                 ///< an instruction set, or "device": without it the run is skipped
  std::filesystem::path needs_file;  ///< without it the run is skipped too
  std::string expect_driver;         ///< a part of the driver's name; a device of another one is an error
  sateen::LogSink log;               ///< hears the library and the backend
};

/// Exit code by which CTest knows a skipped test.
inline constexpr int kSkipped = 77;

/// "" if this machine has what the options need, an instruction set ("avx2", "avx512") or a device of the backend
/// ("device"), and the file; or why it hasn't. Why a file is missing is in FILE.missing, if somebody knows.
std::string missing_needs(const TargetOptions& options);

/// The variables to type before the program's name to run it as it runs now, or "".
std::string command_variables();

/// An opened device and the table behind it. What the device can't do runs on cpu.
class Target {
 public:
  explicit Target(const TargetOptions& options, const std::vector<std::string>& more_options = {});
  const TargetOptions& options() const { return options_; }
  sateen::Device& device() { return *device_; }
  const sateen_backend& table() { return device_->table(); }
  sateen_device* handle() { return device_->handle(); }
  /// The device's own, by which it refuses; core's may be larger.
  uint64_t alignment() const { return alignment_; }
  /// "" where it is NULL, too.
  std::string last_error() {
    const char* words = table().last_error(handle());
    return words != nullptr ? words : "";
  }

 private:
  TargetOptions options_;
  std::unique_ptr<sateen::Registry> registry_;
  std::optional<sateen::Device> device_;
  uint64_t alignment_ = 0;
};

/// The target of this process: set once before the tests run, closed after the last.
void open_target(const TargetOptions& options);
void close_target();
Target& target();

}  // namespace conformance
