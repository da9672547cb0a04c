// What the libraries for LD_PRELOAD share: the function behind the one that is replaced, and what the environment asks for.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

#include <dlfcn.h>

namespace shim {

/// The next definition of the function: next<decltype(&write)>("write").
template <typename F>
F next(const char* name) {
  return reinterpret_cast<F>(dlsym(RTLD_NEXT, name));
}

inline std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

/// 0 where it is not set.
inline unsigned long number(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? std::strtoul(value, nullptr, 10) : 0;
}

/// A line at the end of the file that SHIM_LOG names.
inline void note(const std::string& line) {
  const char* file = std::getenv("SHIM_LOG");
  if (file == nullptr || *file == '\0') return;
  if (std::FILE* log = std::fopen(file, "ae")) {
    std::fputs((line + '\n').c_str(), log);
    std::fclose(log);
  }
}

/// The parts of a text between colons.
inline std::string part(const std::string& text, int index) {
  size_t begin = 0;
  for (; index > 0; --index) {
    const size_t colon = text.find(':', begin);
    if (colon == std::string::npos) return {};
    begin = colon + 1;
  }
  return text.substr(begin, text.find(':', begin) - begin);
}

}  // namespace shim
