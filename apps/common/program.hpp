// What surrounds every program: its messages on stderr, its results on stdout, and its exit code.
#pragma once

#include <string>
#include <string_view>

#include "sateen/log.hpp"

namespace sateen::app {

/// A program by its name, the first word of its messages.
class Program {
 public:
  explicit Program(std::string name) : name_(std::move(name)) {}
  const std::string& name() const { return name_; }

  /// `sateen-train: error: …` in one line on stderr.
  void error(std::string_view message) const { message_line("error", message); }
  void warning(std::string_view message) const { message_line("warning", message); }
  /// A line for people on stderr, as it stands.
  static void note(std::string_view line);
  /// A line that stays at the foot of a terminal, below the notes that come, until another one or "" takes its place.
  /// At most 500 bytes are shown.
  static void status(std::string_view line);
  /// Whether there is such a line; also for a signal's handler.
  static bool has_status();

  /// Results to stdout. Throws Error(kOutput) when they can't be written.
  static void print(std::string_view text);
  static void flush();

  /// The library's messages, but those for debugging, on stderr. The sink may outlive the program object.
  LogSink log_sink() const;

 private:
  void message_line(std::string_view kind, std::string_view message) const;
  std::string name_;
};

using Body = int (*)(const Program& program, int argc, const char* const* argv);

/// Runs a program's body; whatever is thrown becomes one line on stderr and an exit code.
int run_program(const char* name, Body body, int argc, const char* const* argv) noexcept;

}  // namespace sateen::app
