// What is in a folder.
#include "base/folder_list.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string_view>
#include <system_error>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

namespace sateen {

std::vector<std::string> folder_list(const std::filesystem::path& folder) {
  const auto fail = [] { throw std::system_error(errno, std::generic_category()); };
  const int descriptor = ::openat(AT_FDCWD, folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) fail();
  const std::unique_ptr<DIR, int (*)(DIR*)> list(::fdopendir(descriptor), &::closedir);
  if (!list) {
    const int error = errno;
    ::close(descriptor);
    errno = error;
    fail();
  }
  std::vector<std::string> names;
  for (errno = 0; const dirent* entry = ::readdir(list.get()); errno = 0) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) fail();
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace sateen
