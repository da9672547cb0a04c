// Where plugins are looked for: what the environment names, beside the library, in a build tree.
#include "runtime/plugin_folders.hpp"

#include <algorithm>
#include <string_view>
#include <system_error>

#include <dlfcn.h>
#include <link.h>
#include <sys/stat.h>

#include "base/environment.hpp"

namespace sateen {

namespace fs = std::filesystem;

namespace {

constexpr const char* kFolder = "sateen/backends";

/// The file that this code is in.
struct OwnFile {
  fs::path path;        ///< without links; empty where it is not known
  bool shared = false;  ///< the library by itself, and not a program with the library in it
};

OwnFile own_file() {
  Dl_info info{};
  void* extra = nullptr;
  if (::dladdr1(reinterpret_cast<const void*>(&own_file), &info, &extra, RTLD_DL_LINKMAP) == 0) return {};
  // A program has no name there, and the one in Dl_info is what its caller called it.
  const std::string_view name = static_cast<const link_map*>(extra)->l_name;
  OwnFile own;
  own.shared = !name.empty();
  std::error_code error;
  if (own.shared && fs::path(name).is_absolute()) own.path = fs::canonical(name, error);
  if (!own.shared) own.path = fs::read_symlink("/proc/self/exe", error);
  if (error) own.path.clear();
  return own;
}

/// The build tree that the file lies in; empty where it lies in none.
fs::path build_tree(const fs::path& file) {
  std::error_code error;
  for (fs::path folder = file.parent_path(); folder.has_relative_path(); folder = folder.parent_path()) {
    if (fs::exists(folder / "CMakeCache.txt", error)) return folder;
  }
  return {};
}

}  // namespace

fs::path own_path() {
  return own_file().path;
}

bool belongs_to(const fs::path& folder, const fs::path& file) {
  struct stat of_folder {
  }, of_file{};
  if (::stat(folder.c_str(), &of_folder) != 0) return true;
  return of_folder.st_uid == 0 || (::stat(file.c_str(), &of_file) == 0 && of_folder.st_uid == of_file.st_uid);
}

std::vector<fs::path> usual_plugin_folders() {
  const OwnFile own = own_file();
  const fs::path as_told = fs::path(SATEEN_LIBRARIES) / kFolder;
  // Others can put a program that has more rights than its caller where they like, by a link.
  if (own.path.empty() || !trusted_environment()) return {as_told};
  fs::path libraries = own.path.parent_path();
  if (!own.shared) libraries = (libraries / SATEEN_LIBRARIES_FROM_PROGRAMS).lexically_normal();
  std::vector<fs::path> folders{libraries / kFolder};
  const fs::path tree = build_tree(own.path);
  if (!tree.empty()) folders.push_back(tree / kFolder);
  folders.erase(std::remove_if(folders.begin(), folders.end(),
                               [&](const fs::path& folder) { return !belongs_to(folder, own.path); }),
                folders.end());
  if (!own.shared) folders.push_back(as_told);
  return folders;
}

std::vector<fs::path> default_plugin_paths() {
  std::vector<fs::path> paths;
  const char* variable = trusted_variable("SATEEN_BACKEND_PATH");
  std::string_view rest = variable != nullptr ? variable : "";
  while (!rest.empty()) {
    const size_t colon = std::min(rest.find(':'), rest.size());
    if (colon > 0) paths.emplace_back(rest.substr(0, colon));
    rest.remove_prefix(std::min(colon + 1, rest.size()));
  }
  for (const fs::path& folder : usual_plugin_folders()) {
    std::error_code error;
    if (!fs::is_directory(folder, error)) continue;
    paths.push_back(folder);
    break;
  }
  return paths;
}

}  // namespace sateen
