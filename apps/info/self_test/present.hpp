// The self-test in words: for the terminal, as JSON, and whole for a bug report.
#pragma once

#include <string>
#include <vector>

#include "info/self_test/self_test.hpp"

namespace sateen::app {

/// What the device is, in a few lines of at most 80 columns.
std::string device_as_text(const SelfTest& test);
/// One check, in lines of at most 80 columns.
std::string line_as_text(const CheckLine& line);
/// The last line.
std::string ending_as_text(const SelfTest& test);

/// {"device": {…}, "checks": [{"name", "outcome", "text", "seconds"}…], "passed", "failed", "skipped", "description": [[key, value]…]}
std::string self_test_as_json(const SelfTest& test);

/// Everything for a bug report. messages: what the library said meanwhile. The home folder's name is left out.
std::string self_test_as_report(const SelfTest& test, const std::vector<std::string>& messages);

}  // namespace sateen::app
