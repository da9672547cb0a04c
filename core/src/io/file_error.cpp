// How errors about files are worded.
#include "io/file_error.hpp"

#include <cerrno>
#include <string_view>
#include <system_error>

#include "io/utf8.hpp"

namespace sateen {

namespace {

const char* advice(ErrorCode code, int error) {
  const bool writing = code == ErrorCode::kOutput;
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return "; free some space or choose another folder";
    case EACCES:
    case EPERM:
    case EROFS:
      return writing ? "; choose a place that you may write to" : "";
    case ENOENT:
      return writing ? "; create the folder first" : "";
    case EFBIG:
      return "; raise the limit on file sizes (ulimit -f)";
    case ELOOP:
      return "; a symbolic link leads back to itself";
    case EMFILE:
    case ENFILE:
      return "; raise the limit on open files (ulimit -n)";
    default:
      return "";
  }
}

}  // namespace

std::string display_path(const std::filesystem::path& path) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  const std::string name = path.string();
  std::string text;
  for (std::string_view rest = name; !rest.empty();) {
    size_t length = utf8_length(rest);
    if (length != 0 && is_plain_text(rest.substr(0, length))) {
      text += rest.substr(0, length);
    } else {
      length = 1;
      const auto byte = static_cast<unsigned char>(rest[0]);
      text += "\\x";
      text += kHex[byte >> 4];
      text += kHex[byte & 15];
    }
    rest.remove_prefix(length);
  }
  return text;
}

void throw_errno(ErrorCode code, const std::string& tried, int error) {
  throw Error(code, tried + ": " + std::generic_category().message(error) + advice(code, error));
}

}  // namespace sateen
