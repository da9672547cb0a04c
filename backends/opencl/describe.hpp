// A device and its driver in words, for bug reports.
#pragma once

#include <string>

#include "platform.hpp"

namespace sateen::opencl {

/// Lines "key: value", as sateen.describe/1 has them.
std::string describe_device(const FoundDevice& found);

/// The lines of a text, each as a line of that key: what a compiler said.
std::string lines_of(const std::string& key, const std::string& text);

}  // namespace sateen::opencl
