// Finding kernels, and putting their headers in place.
#include "kernel_source.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string_view>

#include "embedded_files.hpp"
#include "sateen/sdk/failure.hpp"

namespace sateen::opencl {

namespace {

std::string raw(const std::string& file) {
  // Not for a set-user-ID program: the caller chooses the environment.
  const char* folder = ::secure_getenv("SATEEN_KERNEL_DIR");
  if (folder != nullptr && *folder != '\0') {
    const std::string path = sdk::text(folder, "/", file);
    std::ifstream in(path, std::ios::binary);
    if (!in) throw sdk::Failure(SATEEN_DEVICE_ERROR, sdk::text("SATEEN_KERNEL_DIR: ", path, " can't be read"));
    return {std::istreambuf_iterator<char>(in), {}};
  }
  for (const EmbeddedFile& f : embedded_files()) {
    if (file == f.name) return {reinterpret_cast<const char*>(f.bytes), f.size};
  }
  throw sdk::Failure(SATEEN_INTERNAL, sdk::text("there is no kernel file ", file));
}

std::string expanded(const std::string& file, int depth) {
  constexpr int kDeepest = 8;
  if (depth > kDeepest) throw sdk::Failure(SATEEN_DEVICE_ERROR, file + " includes itself, or files too deep");
  constexpr std::string_view kInclude = "#include \"";
  std::string result = sdk::text("#line 1 \"", file, "\"\n");
  const std::string text = raw(file);
  size_t line = 1;
  for (size_t begin = 0; begin < text.size(); ++line) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view words(text.data() + begin, end - begin);
    begin = end + 1;
    if (words.substr(0, kInclude.size()) == kInclude) {
      const std::string_view name = words.substr(kInclude.size());
      result += expanded(std::string(name.substr(0, name.find('"'))), depth + 1);
      result += sdk::text("#line ", line + 1, " \"", file, "\"\n");
    } else {
      result.append(words).append("\n");
    }
  }
  return result;
}

}  // namespace

std::string kernel_source(const std::string& file) {
  return expanded(file, 0);
}

std::string all_kernel_sources() {
  std::string all;
  for (const EmbeddedFile& file : embedded_files()) {
    try {
      all += raw(file.name);
    } catch (const sdk::Failure&) {  // whoever needs it says so
    }
  }
  return all;
}

}  // namespace sateen::opencl
