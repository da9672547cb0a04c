// Lists of patterns with reasons.
#include "conformance/lists.hpp"

#include <algorithm>
#include <iterator>
#include <sstream>

#include <fnmatch.h>

#include "common/config_file.hpp"
#include "sateen/backend.h"
#include "sateen/error.hpp"

namespace sateen::app {
namespace {

constexpr std::string_view kSpace = " \t\r";

std::string_view trimmed(std::string_view text) {
  const size_t begin = std::min(text.find_first_not_of(kSpace), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(kSpace) + 1);
}

[[noreturn]] void refuse(const std::string& message) {
  throw Error(ErrorCode::kBadInput, message);
}

}  // namespace

std::vector<ListEntry> parse_list(std::string_view text, const std::string& name) {
  std::vector<ListEntry> list;
  for (size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = trimmed(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
    if (line.empty() || line.front() == '#') continue;
    const size_t mark = line.find('#');
    const std::string pattern(trimmed(line.substr(0, mark)));
    const std::string reason(mark == std::string_view::npos ? "" : trimmed(line.substr(mark + 1)));
    const std::string place = name + ":" + std::to_string(number);
    if (reason.empty()) refuse(place + ": \"" + pattern + "\" has no reason; write it as: PATTERN  # reason");
    if (pattern.find_first_of(kSpace) != std::string::npos) {
      refuse(place + ": \"" + pattern +
             "\" is no pattern: names of tests have no spaces; an entry is a line of its own");
    }
    list.push_back({pattern, reason, place});
  }
  return list;
}

std::vector<ListEntry> read_list(const std::string& path) {
  if (path.empty()) return {};
  std::string text;
  try {
    text = read_config(path);
  } catch (const Error& error) {
    throw Error(error.code(), path + ": " + error.what());
  }
  return parse_list(text, path);
}

namespace {

/// Whether a suite is an operation's.
bool is_operation(std::string_view suite) {
#define SATEEN_NAME(constant, number, name, n_src, n_dst) name,
  static constexpr std::string_view kNames[] = {SATEEN_FOR_EACH_OP(SATEEN_NAME)};
#undef SATEEN_NAME
  return std::find(std::begin(kNames), std::end(kNames), suite) != std::end(kNames);
}

/// "!A,B": every operation but those of A and B.
bool all_but(std::string patterns, const std::string& test) {
  if (!is_operation(test.substr(0, test.find('/')))) return false;
  for (std::istringstream list(patterns.erase(0, 1)); std::getline(list, patterns, ',');) {
    if (matches(patterns, test)) return false;
  }
  return true;
}

}  // namespace

bool matches(const std::string& pattern, const std::string& test) {
  if (pattern.starts_with('!')) return all_but(pattern, test);
  for (size_t end = 0; end != std::string::npos;) {
    end = test.find('/', end + 1);
    if (fnmatch(pattern.c_str(), test.substr(0, end).c_str(), 0) == 0) return true;
  }
  return false;
}

const ListEntry* find_entry(const std::vector<ListEntry>& list, const std::string& test) {
  const auto found =
      std::find_if(list.begin(), list.end(), [&](const ListEntry& entry) { return matches(entry.pattern, test); });
  return found == list.end() ? nullptr : &*found;
}

void check_all_match(const std::vector<ListEntry>& list, const std::vector<std::string>& tests) {
  for (const ListEntry& entry : list) {
    const bool any =
        std::any_of(tests.begin(), tests.end(), [&](const std::string& test) { return matches(entry.pattern, test); });
    if (!any) refuse(entry.place + ": \"" + entry.pattern + "\" stands for no test; --list shows their names");
  }
}

}  // namespace sateen::app
