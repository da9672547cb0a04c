// Who calls a replaced function: the program and its plugins, or a library that works for itself (a driver, its compiler).
#pragma once

#include <array>
#include <string_view>

#include <dlfcn.h>
#include <execinfo.h>
#include <link.h>

namespace shim {

enum class Owner { kOurs, kOther, kBetween };

/// The file name of the library with the code at this address; empty for the program itself, "?" for neither.
inline std::string_view library_of(void* address) {
  dl_find_object found{};
  if (_dl_find_object(address, &found) != 0 || found.dlfo_link_map == nullptr) return "?";
  const std::string_view path = found.dlfo_link_map->l_name;
  return path.substr(path.rfind('/') + 1);
}

inline bool begins(std::string_view name, std::string_view text) {
  return name.substr(0, text.size()) == text;
}

/// kBetween: a library that works for whoever called it.
inline Owner owner_of(void* address) {
  const std::string_view name = library_of(address);
  if (name.empty() || begins(name, "sateen_") || begins(name, "libsateen")) return Owner::kOurs;
  for (const char* between : {"libstdc++.", "libboost_", "libz.", "libxxhash."}) {
    if (begins(name, between)) return Owner::kBetween;
  }
  return Owner::kOther;
}

/// Whether the call that came from this address is ours, by the first caller that does not work for another. Takes a
/// walk up the stack only where it is needed.
inline bool is_ours(void* address) {
  const Owner direct = owner_of(address);
  if (direct != Owner::kBetween) return direct == Owner::kOurs;
  std::array<void*, 64> frames{};
  const int n = ::backtrace(frames.data(), static_cast<int>(frames.size()));
  bool below = true;  // in the shim itself, until the address is met
  for (int i = 0; i < n; ++i) {
    if (frames[static_cast<size_t>(i)] == address) below = false;
    if (below) continue;
    const Owner owner = owner_of(frames[static_cast<size_t>(i)]);
    if (owner != Owner::kBetween) return owner == Owner::kOurs;
  }
  return false;
}

}  // namespace shim
