// The cache folder, as the environment names it.
#include "sateen/cache.hpp"

#include <string>
#include <string_view>

#include "base/environment.hpp"

namespace sateen {

namespace fs = std::filesystem;

fs::path default_cache_folder(const LogSink& log) {
  const char* disable = trusted_variable("SATEEN_CACHE_DISABLE");
  if (disable != nullptr && std::string_view(disable) == "1") return {};
  if (const char* own = trusted_variable("SATEEN_CACHE_DIR")) {
    if (fs::path(own).is_absolute()) return own;
    if (log) log(LogLevel::kWarning, "SATEEN_CACHE_DIR is not a full path: " + std::string(own) + "; nothing is kept");
    return {};
  }
  const char* xdg = trusted_variable("XDG_CACHE_HOME");
  if (xdg != nullptr && fs::path(xdg).is_absolute()) return fs::path(xdg) / "sateen";
  const char* home = trusted_variable("HOME");
  if (home != nullptr && fs::path(home).is_absolute()) return fs::path(home) / ".cache" / "sateen";
  return {};
}

}  // namespace sateen
