// Loading plugins with the checks that keep strangers' code out.
#include "runtime/plugin.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <dlfcn.h>

#include "base/folder_list.hpp"
#include "runtime/plugin_file.hpp"
#include "sateen/error.hpp"

namespace sateen {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void refuse(const std::string& reason) {
  throw Error(ErrorCode::kDevice, reason);
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

/// The table of version 1.0 of the contract; what came to its end later may be missing.
constexpr size_t kTableBytes = offsetof(sateen_backend, extension) + sizeof(sateen_backend::extension);
/// And the part of it that says how long it is and of which version.
constexpr size_t kVersionBytes = offsetof(sateen_backend, reserved);

/// The names of the table's entries that are NULL, with ", " between them.
std::string missing_entries(const sateen_backend& t) {
  const std::pair<const char*, bool> entries[] = {{"name", t.name == nullptr},
                                                  {"version", t.version == nullptr},
                                                  {"device_count", t.device_count == nullptr},
                                                  {"device_info", t.device_info == nullptr},
                                                  {"device_open", t.device_open == nullptr},
                                                  {"device_close", t.device_close == nullptr},
                                                  {"last_error", t.last_error == nullptr},
                                                  {"buffer_create", t.buffer_create == nullptr},
                                                  {"buffer_destroy", t.buffer_destroy == nullptr},
                                                  {"write", t.write == nullptr},
                                                  {"read", t.read == nullptr},
                                                  {"read_async", t.read_async == nullptr},
                                                  {"mark", t.mark == nullptr},
                                                  {"event_wait", t.event_wait == nullptr},
                                                  {"event_destroy", t.event_destroy == nullptr},
                                                  {"compile", t.compile == nullptr},
                                                  {"program_destroy", t.program_destroy == nullptr},
                                                  {"run", t.run == nullptr},
                                                  {"finish", t.finish == nullptr},
                                                  {"extension", t.extension == nullptr}};
  std::string names;
  for (const auto& [name, missing] : entries) {
    if (missing) names += (names.empty() ? "" : ", ") + std::string(name);
  }
  return names;
}

/// The words of the loader for a file that it refuses.
std::string loader_words(const fs::path& file) {
  const char* said = ::dlerror();
  const std::string reason = said != nullptr ? said : "the loader does not say why";
  // The loader names the file that it fails on, which is not always the one that was asked for.
  const std::string own = file.string() + ": ";
  if (reason.compare(0, own.size(), own) == 0) return "it can't be loaded: " + reason.substr(own.size());
  const bool missing = reason.find("cannot open shared object file") != std::string::npos;
  return std::string("a library that it needs ") + (missing ? "is missing: " : "does not fit: ") + reason +
         hint_beside(file);
}

const sateen_backend* load(const fs::path& file) {
  check_plugin_file(file);
  // Never closed: a plugin's driver threads and static tables live as long as the process.
  void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) refuse(loader_words(file));
  void* symbol = ::dlsym(library, SATEEN_BACKEND_ENTRY_NAME);
  if (symbol == nullptr) refuse("it has no function " SATEEN_BACKEND_ENTRY_NAME ", so it is no backend");
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

}  // namespace

void check_backend_table(const sateen_backend* table) {
  const std::string own = std::to_string(SATEEN_ABI_MAJOR);
  if (table == nullptr) refuse("it gives no table for version " + own + " of the contract; build it anew for that");
  const auto too_short = [&](size_t least) {
    refuse("its table is too short: " + std::to_string(table->struct_size) + " bytes, where version " + own +
           " of the contract has " + std::to_string(least));
  };
  // The version first: a table of another one may well have another length.
  if (table->struct_size < kVersionBytes) too_short(kTableBytes);
  if (table->abi_major != SATEEN_ABI_MAJOR) {
    refuse("it is made for version " + std::to_string(table->abi_major) + " of the contract, this library for " + own +
           (table->abi_major < SATEEN_ABI_MAJOR ? "; build the plugin anew" : "; it needs a newer library"));
  }
  if (table->struct_size < kTableBytes) too_short(kTableBytes);
  const std::string missing = missing_entries(*table);
  if (!missing.empty()) refuse("its table has empty entries: " + missing);
  if (!is_name(table->name)) refuse("its name is not made of a-z, 0-9 and _, or it is auto");
}

const sateen_backend* load_plugin(const fs::path& path) {
  std::string name = path.string();
  try {
    std::error_code error;
    const fs::path file = fs::canonical(path, error);  // the folder that a link leads to counts, too
    if (error) refuse(error.message());
    if (fs::is_symlink(path, error)) name += ", a link to " + file.string();
    check_way_to(fs::absolute(path));
    return load(file);
  } catch (const Error& e) {
    throw Error(e.code(), name + ": " + e.what());
  }
}

std::vector<fs::path> plugin_files(const fs::path& path) {
  if (!path.is_absolute()) refuse(path.string() + " is not a full path");
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    const bool there = fs::exists(path, error);
    if (error) refuse(path.string() + ": " + error.message());
    if (!there) refuse(path.string() + " is not there");
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
