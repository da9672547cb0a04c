// Loading plugins with the checks that keep strangers' code out.
#include "runtime/plugin.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>
#include <system_error>

#include <dlfcn.h>
#include <sys/stat.h>

#include "base/folder_list.hpp"
#include "sateen/error.hpp"

namespace sateen {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void refuse(const std::string& reason) {
  throw Error(ErrorCode::kDevice, reason);
}

/// Code is loaded only from where not just anybody can write.
void check_writers(const fs::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) refuse(path.string() + ": " + std::strerror(errno));
  if ((info.st_mode & S_IWOTH) != 0) {
    refuse(path.string() +
           " is writable for everybody, so nothing is loaded from it; remove that right with chmod o-w");
  }
}

/// "; " and the first line of the file NAME.hint beside NAME.so, or nothing where there is none to be trusted.
std::string hint_beside(fs::path file) {
  constexpr size_t kMaxBytes = 300;
  file.replace_extension(".hint");
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return {};
  try {
    check_writers(file);
  } catch (const Error&) {
    return {};
  }
  std::array<char, kMaxBytes> line{};
  std::ifstream stream(file, std::ios::binary);
  stream.read(line.data(), line.size());
  std::string hint(line.data(), static_cast<size_t>(stream.gcount()));
  hint.resize(std::min(hint.find('\n'), hint.size()));
  std::replace_if(
      hint.begin(), hint.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return hint.empty() ? "" : "; " + hint;
}

bool is_name(const char* name) {
  const std::string_view text(name);
  return !text.empty() && text != "auto" && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace

void check_backend_table(const sateen_backend* table) {
  if (table == nullptr) refuse("it gives no table for this version of the contract");
  if (table->struct_size < sizeof(sateen_backend)) refuse("its table is too short");
  if (table->abi_major != SATEEN_ABI_MAJOR) {
    refuse("it is made for version " + std::to_string(table->abi_major) + " of the contract, this library for " +
           std::to_string(SATEEN_ABI_MAJOR));
  }
  const bool complete = table->name != nullptr && table->version != nullptr && table->device_count != nullptr &&
                        table->device_info != nullptr && table->device_open != nullptr &&
                        table->device_close != nullptr && table->last_error != nullptr &&
                        table->buffer_create != nullptr && table->buffer_destroy != nullptr &&
                        table->write != nullptr && table->read != nullptr && table->read_async != nullptr &&
                        table->mark != nullptr && table->event_wait != nullptr && table->event_destroy != nullptr &&
                        table->compile != nullptr && table->program_destroy != nullptr && table->run != nullptr &&
                        table->finish != nullptr && table->extension != nullptr;
  if (!complete) refuse("its table has empty entries");
  if (!is_name(table->name)) refuse("its name is not made of a-z, 0-9 and _, or it is auto");
}

const sateen_backend* load_plugin(const fs::path& path) {
  std::error_code error;
  const fs::path file = fs::canonical(path, error);  // the folder that a link leads to counts, too
  if (error) refuse(path.string() + ": " + error.message());
  if (!fs::is_regular_file(file, error)) refuse(path.string() + " is not a regular file");
  check_writers(file);
  check_writers(file.parent_path());
  // Never closed: a plugin's driver threads and static tables live as long as the process.
  void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* said = ::dlerror();
    const std::string reason = said != nullptr ? said : file.string() + " can't be loaded";
    // The loader names the file that it fails on, which is not always the one that was asked for.
    if (reason.find(file.string()) != std::string::npos) refuse(reason);
    refuse("a library that it needs is missing: " + reason + hint_beside(file));
  }
  void* symbol = ::dlsym(library, SATEEN_BACKEND_ENTRY_NAME);
  if (symbol == nullptr) refuse("it has no function " SATEEN_BACKEND_ENTRY_NAME);
  const auto entry = reinterpret_cast<sateen_backend_entry_fn>(symbol);
  const sateen_backend* table = nullptr;
  try {
    table = entry(SATEEN_ABI_MAJOR, SATEEN_ABI_MINOR);
  } catch (...) {  // a broken plugin: the contract allows no exception here
    refuse("its entry function threw an exception");
  }
  check_backend_table(table);
  return table;
}

std::vector<fs::path> plugin_files(const fs::path& path) {
  if (!path.is_absolute()) refuse(path.string() + " is not a full path");
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    if (!fs::exists(path, error)) refuse(path.string() + " is not there");
    return {path};
  }
  check_writers(path);
  std::vector<fs::path> files;
  try {
    for (const std::string& name : folder_list(path)) {
      if (fs::path(name).extension() == ".so") files.push_back(path / name);
    }
  } catch (const std::system_error& failed) {
    refuse(path.string() + ": " + failed.code().message());
  }
  return files;
}

}  // namespace sateen
