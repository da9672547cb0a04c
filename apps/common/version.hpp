// What --version says.
#pragma once

#include <string>

namespace sateen::app {

/// "sateen-train 0.1.0" and below it, each in a line: git's revision where the sources were a clone, the version of the
/// contract with backends, compiler, and what the opencl backend of this build was built with.
std::string version_text(const std::string& program);

}  // namespace sateen::app
