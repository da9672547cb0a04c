// Files of options: lines of `key = value`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sateen::app {

constexpr size_t kMaxConfigBytes = size_t{1} << 20;
constexpr size_t kMaxConfigLine = 8192;

struct ConfigEntry {
  size_t line = 0;  ///< from 1 on
  std::string key, value;
};

/// The entries in order. Blank lines, and lines that begin with # or ;, are passed over; space around key and value does
/// not count; whatever follows the first = is the value, a # too. Throws Error(kUsage) "line 3: …" for a line that is no
/// entry and for a section, Error(kBadInput) for what is no text.
std::vector<ConfigEntry> parse_config(std::string_view text);

/// The line "key = value" that parse_config reads back. Throws Error(kUsage) for a value that no such line can hold.
std::string config_line(const std::string& key, const std::string& value);

/// The content of a regular file of at most kMaxConfigBytes. Throws Error(kBadInput) without the path.
std::string read_config(const std::string& path);

}  // namespace sateen::app
