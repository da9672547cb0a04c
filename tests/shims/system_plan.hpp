// What SHIM_SYSTEM asks of faulty_system: the kinds of calls, and the plan that is read once.
#pragma once

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "interpose.hpp"

namespace shim {

enum Kind : unsigned { kOpen, kWrite, kFsync, kRename, kLink, kUnlink, kTruncate, kClose, kMode, kMkdir, kRead, kLook };
struct KindInfo {
  const char* name;
  int error;
  bool save;
};
constexpr std::array<KindInfo, 12> kKinds = {{
    {"open", ENOSPC, true},    // for writing
    {"write", ENOSPC, true},   // write, pwrite
    {"fsync", EIO, true},      // fsync, fdatasync
    {"rename", EIO, true},     // rename, renameat, renameat2
    {"link", EIO, true},       // link, linkat
    {"unlink", EIO, true},     // unlink, unlinkat, rmdir
    {"ftruncate", EIO, true},  //
    {"close", EIO, true},      // the descriptor is closed all the same, as Linux does it
    {"fchmod", EPERM, true},   //
    {"mkdir", ENOSPC, true},   // mkdir, mkdirat
    {"read", EIO, false},      // read, pread
    {"look", EACCES, false},   // open for reading alone
}};

template <size_t N>
int named(std::string_view name, const std::array<std::pair<const char*, int>, N>& table, int otherwise) {
  for (const auto& [text, value] : table) {
    if (name == text) return value;
  }
  return otherwise;
}

inline int error_named(std::string_view name, int otherwise) {
  static constexpr std::array<std::pair<const char*, int>, 10> kErrors = {{{"ENOSPC", ENOSPC},
                                                                           {"EIO", EIO},
                                                                           {"EACCES", EACCES},
                                                                           {"EPERM", EPERM},
                                                                           {"EDQUOT", EDQUOT},
                                                                           {"EROFS", EROFS},
                                                                           {"EINTR", EINTR},
                                                                           {"EMFILE", EMFILE},
                                                                           {"ENOENT", ENOENT},
                                                                           {"EFBIG", EFBIG}}};
  return named(name, kErrors, otherwise);
}

inline int signal_named(std::string_view name) {
  static constexpr std::array<std::pair<const char*, int>, 3> kSignals = {
      {{"SIGINT", SIGINT}, {"SIGTERM", SIGTERM}, {"SIGHUP", SIGHUP}}};
  return named(name, kSignals, SIGINT);
}

inline unsigned kinds_named(const std::string& list) {
  unsigned mask = 0;
  for (unsigned kind = 0; kind < kKinds.size(); ++kind) {
    const bool whole = list.empty() || list == "all" || (list == "save" && kKinds[kind].save) ||
                       (list == "load" && !kKinds[kind].save);
    const std::string name = std::string(",") + kKinds[kind].name + ",";
    if (whole || ("," + list + ",").find(name) != std::string::npos) mask |= 1U << kind;
  }
  return mask;
}

/// What the environment asks for, read once.
struct Plan {
  Plan() {
    const std::string text = variable("SHIM_SYSTEM");
    action = part(text, 0);
    kinds = kinds_named(part(text, 1));
    turn = std::strtoul(part(text, 2).c_str(), nullptr, 10);
    name = part(text, 3);
    trace = number("SHIM_TRACE") != 0;
    const std::string folders = variable("SHIM_PATH");
    for (int i = 0; !part(folders, i).empty(); ++i) {
      paths.push_back(std::filesystem::path(part(folders, i)).lexically_normal());
    }
  }

  std::string action, name;
  unsigned kinds = 0;
  unsigned long turn = 0;
  bool trace = false;
  std::vector<std::filesystem::path> paths;
};

}  // namespace shim
