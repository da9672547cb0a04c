// A whole report, for a bug: what was found and all that it was found with, and nothing private.
#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <sys/utsname.h>
#include <unistd.h>

#include "common/numbers.hpp"
#include "common/text.hpp"
#include "info/self_test/present.hpp"
#include "sateen/backend.h"

namespace sateen::app {

namespace {

// Variables that steer Sateen or an OpenCL driver.
constexpr std::array<std::string_view, 4> kPrefixes = {"SATEEN_", "OCL_", "POCL_", "RUSTICL_"};

std::vector<std::string> variables() {
  std::vector<std::string> r;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view line = *entry;
    if (std::any_of(kPrefixes.begin(), kPrefixes.end(),
                    [&](std::string_view prefix) { return line.substr(0, prefix.size()) == prefix; })) {
      r.push_back(one_line(line));
    }
  }
  std::sort(r.begin(), r.end());
  return r;
}

/// Kernel and processor; the machine's own name is left out.
std::string operating_system() {
  struct utsname name {};
  if (::uname(&name) != 0) return "unknown";
  return std::string(name.sysname) + " " + name.release + " " + name.machine;
}

/// Each once, where it came first, with how often it came.
std::vector<std::pair<std::string, size_t>> counted(const std::vector<std::string>& messages) {
  std::vector<std::pair<std::string, size_t>> r;
  for (const std::string& message : messages) {
    const auto same = [&](const auto& entry) { return entry.first == message; };
    const auto at = std::find_if(r.begin(), r.end(), same);
    if (at == r.end()) {
      r.emplace_back(message, 1);
    } else {
      ++at->second;
    }
  }
  return r;
}

std::string section(const std::string& title, const std::vector<std::string>& lines) {
  std::string text = "\n" + title + "\n";
  for (const std::string& line : lines) text += "  " + line + "\n";
  if (lines.empty()) text += "  none\n";
  return text;
}

/// The home folder has the user's name in it.
std::string without_home(std::string text) {
  const char* variable = std::getenv("HOME");
  std::string home = variable != nullptr ? variable : "";
  while (home.size() > 1 && home.back() == '/') home.pop_back();
  if (home.size() < 2) return text;
  for (size_t at = text.find(home); at != std::string::npos; at = text.find(home, at + 1)) {
    const size_t end = at + home.size();
    // Not where it is the beginning of another name.
    const bool whole = end == text.size() || (std::isalnum(static_cast<unsigned char>(text[end])) == 0 &&
                                              text[end] != '_' && text[end] != '-');
    if (whole) text.replace(at, home.size(), "~");
  }
  return text;
}

}  // namespace

std::string self_test_as_report(const SelfTest& test, const std::vector<std::string>& messages) {
  std::string text = "Sateen self-test report 1\n\n";
  text += "sateen    " SATEEN_VERSION ", contract " + std::to_string(SATEEN_ABI_MAJOR) + "." +
          std::to_string(SATEEN_ABI_MINOR) + "\n";
  text += "system    " + one_line(operating_system()) + ", " + std::to_string(std::thread::hardware_concurrency()) +
          " processors\n";
  text += device_as_text(test);
  for (const CheckLine& line : test.lines) text += line_as_text(line);
  text += ending_as_text(test);

  std::vector<std::string> lines;
  for (const CheckLine& line : test.lines) lines.push_back(line.name + ": " + fixed(line.seconds, 2));
  text += section("seconds", lines);
  lines = {"backend: " + test.device.backend, "vendor: " + one_line(test.device.vendor),
           "memory: " + std::to_string(test.device.memory_bytes) + " bytes",
           "largest_allocation: " + std::to_string(test.device.max_allocation_bytes) + " bytes",
           "alignment: " + std::to_string(test.device.alignment) + " bytes"};
  for (const auto& [key, value] : test.description) lines.push_back(key + ": " + one_line(value));
  text += section("device", lines);
  lines.clear();
  for (const std::string& setting : test.settings) lines.push_back(one_line(setting));
  text += section("settings", lines);
  text += section("environment", variables());
  lines.clear();
  for (const auto& [message, times] : counted(messages)) {
    lines.push_back(one_line(message) + (times > 1 ? " (" + std::to_string(times) + " times)" : ""));
  }
  text += section("messages", lines);
  return without_home(std::move(text));
}

}  // namespace sateen::app
