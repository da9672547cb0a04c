// Which pictures a folder holds.
#include "sateen/picture_folder.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <system_error>

#include <sys/stat.h>

#include "base/folder_list.hpp"
#include "io/file_error.hpp"

namespace sateen {
namespace {

bool has_picture_ending(std::string_view name) {
  constexpr std::array<std::string_view, 16> kEndings = {"png", "jpg",  "jpeg", "jpe",  "jfif", "bmp",  "pgm", "ppm",
                                                         "pnm", "heic", "heif", "webp", "gif",  "avif", "tif", "tiff"};
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return false;
  std::string ending(name.substr(dot + 1));
  for (char& c : ending) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return std::find(kEndings.begin(), kEndings.end(), ending) != kEndings.end();
}

}  // namespace

PictureFolder list_pictures(const std::filesystem::path& folder) {
  return naming_file(folder, [&] {
    std::vector<std::string> names;
    try {
      names = folder_list(folder);
    } catch (const std::system_error& error) {
      throw_errno(ErrorCode::kBadInput, "can't be listed", error.code().value());
    }
    PictureFolder list;
    for (std::string& name : names) {
      if (name.front() == '.') continue;
      struct stat status {};
      const bool is_folder = ::lstat((folder / name).c_str(), &status) == 0 && S_ISDIR(status.st_mode);
      if (is_folder) {
        list.folders.push_back(std::move(name));
      } else if (has_picture_ending(name)) {
        list.pictures.push_back(std::move(name));
      }
    }
    return list;
  });
}

}  // namespace sateen
