// The two lists of an author's: what a backend does not do, and what is known to fail, each entry with its reason.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sateen::app {

/// A line "PATTERN  # reason".
struct ListEntry {
  std::string pattern, reason;
  std::string place;  ///< "unsupported.txt:3", for errors
};

/// The entries in order. Blank lines and those that begin with # are passed over. `name` is the file's, for errors, which
/// are Error(kBadInput): a line without a reason, a pattern with a space in it.
std::vector<ListEntry> parse_list(std::string_view text, const std::string& name);
/// The same of a file; none for "". Errors name the file.
std::vector<ListEntry> read_list(const std::string& path);

/// Whether a pattern stands for a test: for its whole name, or for a suite that it is in. * and ? stand for any
/// characters, / among them, [ab] for one of these. "!dense_*,softmax" stands for the tests of all operations but these.
bool matches(const std::string& pattern, const std::string& test);

/// The entry that stands for the test, or null.
const ListEntry* find_entry(const std::vector<ListEntry>& list, const std::string& test);

/// Throws Error(kBadInput) for an entry that stands for none of the tests.
void check_all_match(const std::vector<ListEntry>& list, const std::vector<std::string>& tests);

}  // namespace sateen::app
