// Asking the terminal.
#include "common/terminal.hpp"

#include <cstdlib>
#include <string_view>

#include <sys/ioctl.h>
#include <unistd.h>

namespace sateen::app {

bool stderr_is_terminal() {
  const char* kind = std::getenv("TERM");
  return isatty(STDERR_FILENO) == 1 && kind != nullptr && std::string_view(kind) != "dumb";
}

int stderr_columns() {
  constexpr int kUsual = 80;
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUsual;
}

Option color_option() {
  return {"color", "WHEN", "auto, always or never; auto: on a terminal, unless NO_COLOR is set", "auto"};
}

bool wants_color(const Options& options) {
  const std::string when = options.choice("color", {"auto", "always", "never"});
  if (when != "auto") return when == "always";
  const char* refused = std::getenv("NO_COLOR");
  return (refused == nullptr || *refused == '\0') && stderr_is_terminal();
}

}  // namespace sateen::app
