// How errors about files are worded.
#include "io/file_error.hpp"

#include <cerrno>
#include <system_error>

#include "sateen/printable.hpp"

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
  return printable(path.string());
}

void throw_errno(ErrorCode code, const std::string& tried, int error) {
  throw Error(code, tried + ": " + std::generic_category().message(error) + advice(code, error));
}

}  // namespace sateen
