// Environment variables that say where files are: not believed in set-user-ID programs.
#include "base/environment.hpp"

#include <cstdlib>

#include <sys/auxv.h>

namespace sateen {

const char* trusted_variable(const char* name) {
  if (::getauxval(AT_SECURE) != 0) return nullptr;
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : nullptr;
}

}  // namespace sateen
