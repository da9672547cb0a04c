// What --version says.
#include "common/version.hpp"

#include <string_view>

#include "revision.hpp"  // made by cmake/git_revision.cmake
#include "sateen/backend.h"

namespace sateen::app {
namespace {

#ifdef __clang__
constexpr std::string_view kCompiler = "clang " __clang_version__;
#else
constexpr std::string_view kCompiler = "GCC " __VERSION__;
#endif

std::string line(std::string_view what, std::string_view value) {
  constexpr size_t kColumn = 10;
  std::string text(what);
  text.resize(kColumn, ' ');
  return text + std::string(value) + "\n";
}

}  // namespace

std::string version_text(const std::string& program) {
  constexpr std::string_view kRevision = SATEEN_REVISION;
  constexpr std::string_view kClblast = SATEEN_CLBLAST_VERSION;
  std::string text = program + " " SATEEN_VERSION "\n";
  if (!kRevision.empty()) text += line("revision", kRevision);
  text += line("ABI", std::to_string(SATEEN_ABI_MAJOR) + "." + std::to_string(SATEEN_ABI_MINOR) + " (backends)");
  text += line("compiler", kCompiler);
  if (kClblast.empty()) return text + line("OpenCL", "none: built without the opencl backend");
  return text + line("OpenCL", SATEEN_OPENCL_VERSION " (headers)") + line("CLBlast", kClblast);
}

}  // namespace sateen::app
