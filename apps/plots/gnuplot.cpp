// A gnuplot process that draws in the background.
#include "plots/gnuplot.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/numbers.hpp"
#include "common/text.hpp"
#include "sateen/error.hpp"

namespace sateen::app {
namespace {

constexpr int kFirstOutput = 3;
constexpr rlim_t kMostBytes = rlim_t{64} << 20;  // of one picture: a process that goes mad doesn't fill the memory
constexpr int kNice = 5;                         // training goes before
constexpr int kNotStarted = 127;

[[noreturn]] void fail(const char* what) {
  throw Error(ErrorCode::kRuntime, std::string("gnuplot: ") + what + ": " + std::generic_category().message(errno));
}

/// What the new process does between fork and exec: system calls alone, since other threads may have held any lock.
[[noreturn]] void become(const char* program, char* const* variables, int input, int words, const int* outputs,
                         int count, pid_t parent) {
  setpgid(0, 0);  // Ctrl-C is for the program that draws, not for what it started
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(kNotStarted);
  dup2(input, STDIN_FILENO);
  dup2(words, STDOUT_FILENO);
  dup2(words, STDERR_FILENO);
  for (int i = 0; i < count; ++i) dup2(outputs[i], kFirstOutput + i);
  closefrom(kFirstOutput + count);
  for (const int signal : {SIGPIPE, SIGXFSZ, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD}) ::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const rlimit most{kMostBytes, kMostBytes};
  setrlimit(RLIMIT_FSIZE, &most);
  setpriority(PRIO_PROCESS, 0, kNice);
  // -d: what the user has set for gnuplot is not for these pictures.
  const char* const arguments[] = {"gnuplot", "-d", nullptr};
  execve(program, const_cast<char* const*>(arguments), variables);
  _exit(kNotStarted);
}

/// This program's environment without what steers gnuplot: a GNUTERM that it doesn't have would fail every picture.
std::vector<char*> child_environment() {
  std::vector<char*> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const auto begins = [&](std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; };
    if (!begins("GNUTERM=") && !begins("GNUPLOT_") && !begins("GNUHELP=") && !begins("FIT_")) {
      variables.push_back(*variable);
    }
  }
  variables.push_back(nullptr);
  return variables;
}

/// gnuplot's own words, in one line: the first that says something.
std::string first_words(const std::string& text) {
  constexpr size_t kMost = 200;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = std::string_view(text).substr(at, end - at);
    // It repeats the command, and points at the place; before that it may warn, of a locale without a degree sign say.
    if (line.find_first_not_of(" \t^") != std::string_view::npos && line.find("line ") != std::string_view::npos &&
        line.find(": warning: ") == std::string_view::npos) {
      return one_line(line.substr(line.find_first_not_of(" \t"), kMost));
    }
    at = end + 1;
  }
  const size_t begin = text.find_first_not_of(" \t\n^");
  if (begin == std::string::npos) return "it says nothing";
  return one_line(text.substr(begin, std::min(text.find('\n', begin) - begin, kMost)));
}

}  // namespace

std::optional<std::string> find_gnuplot() {
  const char* path = std::getenv("PATH");
  if (path == nullptr) return std::nullopt;
  for (std::string_view rest = path;;) {
    const size_t colon = rest.find(':');
    const std::string file = std::string(rest.substr(0, colon)) + "/gnuplot";
    struct stat status {};
    // Not from the folder that happens to be the present one.
    if (rest.substr(0, 1) == "/" && stat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
        access(file.c_str(), X_OK) == 0) {
      return file;
    }
    if (colon == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(colon + 1);
  }
}

std::chrono::seconds drawing_limit() {
  constexpr uint64_t kSeconds = 60;
  constexpr uint64_t kMost = 86'400;
  const char* text = std::getenv("SATEEN_PLOTS_SECONDS");
  if (text == nullptr || *text == '\0') return std::chrono::seconds(kSeconds);
  const std::optional<uint64_t> seconds = parse_unsigned(text);
  if (!seconds || *seconds < 1 || *seconds > kMost) {
    throw Error(ErrorCode::kUsage, "SATEEN_PLOTS_SECONDS=" + one_line(text) + ": give a number of seconds from 1 to " +
                                       std::to_string(kMost));
  }
  return std::chrono::seconds(*seconds);
}

MemoryFile::MemoryFile() {
  constexpr int kAbove = 100;  // what a process finds as its standard files and outputs is not overwritten on the way
  const int made = memfd_create("sateen", MFD_CLOEXEC);
  if (made == -1) fail("a file in memory can't be made for it");
  descriptor_ = fcntl(made, F_DUPFD_CLOEXEC, kAbove);
  close(made);
  if (descriptor_ == -1) fail("a file in memory can't be made for it");
}

MemoryFile::~MemoryFile() {
  if (descriptor_ != -1) close(descriptor_);
}

void MemoryFile::fill(std::string_view text) const {
  for (off_t at = 0; !text.empty();) {
    const ssize_t n = pwrite(descriptor_, text.data(), text.size(), at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail("its script can't be written to memory");
    text.remove_prefix(static_cast<size_t>(n));
    at += n;
  }
}

std::string MemoryFile::content() const {
  struct stat status {};
  if (fstat(descriptor_, &status) != 0) fail("what it has drawn can't be read");
  std::string text(static_cast<size_t>(status.st_size), '\0');
  for (size_t at = 0; at < text.size();) {
    const ssize_t n = pread(descriptor_, text.data() + at, text.size() - at, static_cast<off_t>(at));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("what it has drawn can't be read");
    if (n == 0) text.resize(at);
    at += static_cast<size_t>(n);
  }
  return text;
}

Gnuplot::Gnuplot(const std::string& program, const std::string& script, size_t outputs, std::chrono::seconds limit)
    : outputs_(outputs), limit_(limit), end_(Clock::now() + limit) {
  input_.fill(script);
  std::vector<int> descriptors;
  descriptors.reserve(outputs_.size());
  for (const MemoryFile& file : outputs_) descriptors.push_back(file.descriptor());
  const std::vector<char*> variables = child_environment();
  const pid_t parent = getpid();
  // A handler of this program's must not run in the other process.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  const pid_t child = fork();
  if (child == 0) {
    become(program.c_str(), variables.data(), input_.descriptor(), words_.descriptor(), descriptors.data(),
           static_cast<int>(descriptors.size()), parent);
  }
  const int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  if (child == -1) fail("can't be started");
  setpgid(child, child);  // here too: whichever process comes first
  process_ = child;
}

Gnuplot::~Gnuplot() {
  if (process_ == -1) return;
  kill_all();
  while (waitpid(process_, nullptr, 0) == -1 && errno == EINTR) {
  }
}

std::string Gnuplot::output_name(size_t output) {
  return "/dev/fd/" + std::to_string(static_cast<size_t>(kFirstOutput) + output);
}

void Gnuplot::kill_all() const {
  kill(-process_, SIGKILL);
  kill(process_, SIGKILL);
}

bool Gnuplot::running() {
  if (process_ == -1) return false;
  const pid_t ended = waitpid(process_, &status_, WNOHANG);
  if (ended == 0 && Clock::now() < end_) return true;
  if (ended == -1 && errno == EINTR) return true;
  if (ended == 0) {
    too_long_ = true;
    kill_all();
    while (waitpid(process_, &status_, 0) == -1 && errno == EINTR) {
    }
  } else {
    kill(-process_, SIGKILL);  // what it may have started itself
  }
  // Where the program was started with SIGCHLD ignored nobody knows how it ended: what was drawn tells.
  process_ = -1;
  return false;
}

std::vector<std::string> Gnuplot::outputs() const {
  if (too_long_) {
    throw Error(ErrorCode::kRuntime, "gnuplot drew for longer than " + std::to_string(limit_.count()) +
                                         " s; SATEEN_PLOTS_SECONDS gives it more time");
  }
  if (WIFSIGNALED(status_)) {
    throw Error(ErrorCode::kRuntime, "gnuplot was ended by signal " + std::to_string(WTERMSIG(status_)) + ": " +
                                         first_words(words_.content()));
  }
  if (status_ != 0) {
    throw Error(ErrorCode::kRuntime, "gnuplot ended with code " + std::to_string(WEXITSTATUS(status_)) + ": " +
                                         first_words(words_.content()));
  }
  std::vector<std::string> drawn;
  drawn.reserve(outputs_.size());
  for (const MemoryFile& file : outputs_) drawn.push_back(file.content());
  return drawn;
}

}  // namespace sateen::app
