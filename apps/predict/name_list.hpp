// A list of names on standard input.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace sateen::app {

/// Read as it comes, so that neither its length nor the speed of its writer matters.
class NameList {
 public:
  /// ending: what ends a name, a newline or a NUL byte.
  explicit NameList(char ending) : ending_(ending) {}

  /// The next name that isn't empty; the last one may lack its ending. Nothing at the end. Calls before_waiting, whose
  /// errors pass, before it waits for whoever writes the list. Throws Error(kBadInput) for a name that is too long to be
  /// one, after which the next call goes on behind it, and where standard input can't be read.
  std::optional<std::string> next(const std::function<void()>& before_waiting);

 private:
  void read_more(const std::function<void()>& before_waiting);

  char ending_;
  std::string waiting_;  // what was read and, from at_ on, not taken
  size_t at_ = 0;
  bool ended_ = false;
};

}  // namespace sateen::app
