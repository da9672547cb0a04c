// What surrounds every program: its messages on stderr, its results on stdout, and its exit code.
#include "common/program.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <mutex>
#include <new>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include "common/exit_code.hpp"
#include "common/terminal.hpp"
#include "common/text.hpp"
#include "sateen/error.hpp"

namespace sateen::app {
namespace {

// A file opened while stdout is closed would become stdout, and results would be written into it.
void occupy_standard_descriptors() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(descriptor, F_GETFD) != -1) continue;
    // For reading alone: writing to a closed stdout stays an error.
    if (open("/dev/null", O_RDONLY) == -1) return;
  }
}

// To the left margin, and what is there is erased to the right.
constexpr const char* kBackToLeft = "\r\x1b[K";

/// What stands below the notes; stderr is one for the whole process. Nothing in it has a destructor that does something:
/// a driver's thread may log while the process ends.
struct Foot {
  std::mutex mutex;
  std::array<char, 500> bytes{};
  std::atomic<size_t> size{0};

  std::string_view line() const { return {bytes.data(), size}; }
};

Foot& the_foot() {
  static Foot foot;
  return foot;
}

/// In one piece, so that lines of several threads don't mix. Nobody to tell when it fails.
void write_stderr(const std::string& text) {
  static_cast<void>(std::fwrite(text.data(), 1, text.size(), stderr));
}

[[noreturn]] void throw_stdout_error(int error) {
  throw Error(ErrorCode::kOutput, "standard output: " + std::generic_category().message(error) +
                                      "; the results are incomplete, look where it leads to");
}

}  // namespace

void Program::message_line(std::string_view kind, std::string_view message) const {
  std::string line = name_;
  line += ": ";
  line += kind;
  line += ": ";
  line += one_line(message);
  note(line);
}

void Program::note(std::string_view line) {
  // Broken at a space rather than within a word; a file or a pipe gets the line whole.
  std::string text = stderr_is_terminal() ? wrapped(line, static_cast<size_t>(stderr_columns())) : std::string(line);
  text += '\n';
  Foot& foot = the_foot();
  const std::lock_guard<std::mutex> lock(foot.mutex);
  if (foot.size != 0) text = kBackToLeft + text + std::string(foot.line());
  write_stderr(text);
}

void Program::status(std::string_view line) {
  Foot& foot = the_foot();
  const std::lock_guard<std::mutex> lock(foot.mutex);
  if (line.empty() && foot.size == 0) return;
  foot.size = line.copy(foot.bytes.data(), foot.bytes.size());
  write_stderr(kBackToLeft + std::string(foot.line()));
}

bool Program::has_status() {
  return the_foot().size != 0;
}

void Program::print(std::string_view text) {
  errno = 0;
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) throw_stdout_error(errno);
}

void Program::flush() {
  errno = 0;
  if (std::fflush(stdout) != 0) throw_stdout_error(errno);
}

LogSink Program::log_sink() const {
  return [program = *this](LogLevel level, std::string_view message) {
    if (level == LogLevel::kInfo) note(message);  // such as what a device can't do
    if (level == LogLevel::kWarning) program.warning(message);
    if (level == LogLevel::kError) program.error(message);
  };
}

int run_program(const char* name, Body body, int argc, const char* const* argv) noexcept {
  // Reset whatever the parent left: `… | head -1` ends a program quietly.
  std::signal(SIGPIPE, SIG_DFL);
  // A limit on file sizes is then an error of the write, which says what to do.
  std::signal(SIGXFSZ, SIG_IGN);
  occupy_standard_descriptors();
  try {
    const Program program(name);
    try {
      const int code = body(program, argc, argv);
      Program::flush();
      return code;
    } catch (const Error& error) {
      program.error(error.what());
      return exit_code(error.code());
    } catch (const std::bad_alloc&) {
      program.error("out of memory; close other programs or use smaller data");
      return kDevice;
    } catch (const std::exception& error) {
      program.error(error.what());
    } catch (...) {
      program.error("an exception of unknown type");
    }
  } catch (...) {
    // Not even the words could be put together.
    std::fputs(name, stderr);
    std::fputs(": error: out of memory\n", stderr);
    return kDevice;
  }
  return kRunTime;
}

}  // namespace sateen::app
