// What the host hands to device_open: its log, its cache folder and the options.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "sateen/backend.h"
#include "sateen/sdk/failure.hpp"

namespace sateen::sdk {

/// The host's log and cache folder. Copy it freely; valid until the device is closed. Any thread.
class Host {
 public:
  /// host: as device_open got it, not NULL; borrowed until the device is closed.
  explicit Host(const sateen_host* host) : host_(host) {}

  /// level: SATEEN_LOG_…; message: one line without a newline. Dropped where the host has no log.
  void log(uint32_t level, const std::string& message) const {
    constexpr size_t kEnd = offsetof(sateen_host, log) + sizeof(host_->log);
    if (host_->struct_size >= kEnd && host_->log != nullptr) host_->log(host_->context, level, message.c_str());
  }

  /// Where to keep what can be made again, in a folder of the backend's own name below it; "": keep nothing. See
  /// sateen_host for what may happen to it.
  std::string cache_folder() const {
    constexpr size_t kEnd = offsetof(sateen_host, cache_folder) + sizeof(host_->cache_folder);
    return host_->struct_size >= kEnd && host_->cache_folder != nullptr ? host_->cache_folder : "";
  }

 private:
  const sateen_host* host_;
};

/// "key=value" options. A device takes those that it knows, then calls finish, which refuses what is left.
/// Where a key is given twice the last one counts.
class Options {
 public:
  /// options: as device_open got them. Failure(INVALID) for one that is not of the form key=value.
  explicit Options(const char* const* options) {
    for (; options != nullptr && *options != nullptr; ++options) {
      const std::string_view option = *options;
      const size_t equals = option.find('=');
      if (equals == std::string_view::npos || equals == 0) {
        throw Failure(SATEEN_INVALID, text("option \"", option, "\" is not of the form key=value"));
      }
      left_.insert_or_assign(std::string(option.substr(0, equals)), std::string(option.substr(equals + 1)));
    }
  }

  /// The value of a key, which is then known, or `otherwise` where it was not given.
  std::string take(const std::string& key, const std::string& otherwise) {
    known_ += (known_.empty() ? "" : ", ") + key;
    const auto at = left_.find(key);
    if (at == left_.end()) return otherwise;
    std::string value = std::move(at->second);
    left_.erase(at);
    return value;
  }

  /// A whole number from low to high, or INVALID naming the option.
  int64_t take_number(const std::string& key, int64_t low, int64_t high, int64_t otherwise) {
    const std::string value = take(key, std::to_string(otherwise));
    int64_t number = 0;
    const char* end = value.data() + value.size();
    const auto [stop, error] = std::from_chars(value.data(), end, number);
    if (error != std::errc() || stop != end || number < low || number > high) {
      throw Failure(SATEEN_INVALID,
                    text("option ", key, "=", value, ": it takes a whole number from ", low, " to ", high));
    }
    return number;
  }

  /// "0" or "1", by default 0; INVALID naming the option for anything else.
  bool take_flag(const std::string& key) { return take_number(key, 0, 1, 0) == 1; }

  /// Failure(INVALID), naming an option that nobody took and those that there are.
  void finish() const {
    if (left_.empty()) return;
    throw Failure(SATEEN_INVALID, text("there is no option \"", left_.begin()->first, "\"; there are: ", known_));
  }

 private:
  std::map<std::string, std::string> left_;
  std::string known_;
};

}  // namespace sateen::sdk
