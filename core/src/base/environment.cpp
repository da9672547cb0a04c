// Environment variables that say where files are: not believed in set-user-ID programs.
#include "base/environment.hpp"

#include <cstdlib>

#include <sys/auxv.h>

namespace sateen {

bool trusted_environment() {
  return ::getauxval(AT_SECURE) == 0;
}

const char* trusted_variable(const char* name) {
  if (!trusted_environment()) return nullptr;
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : nullptr;
}

}  // namespace sateen
