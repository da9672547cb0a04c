// SIGINT, SIGTERM and SIGHUP as a wish to stop: the first one cancels, a later one leaves at once.
#include "common/signals.hpp"

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string_view>

#include <unistd.h>

#include "common/exit_code.hpp"
#include "common/program.hpp"

namespace sateen::app {
namespace {

// A handler has no other way to its data.
std::optional<CancelToken> stop_token;
std::atomic<bool> stop_tells{true};
std::atomic<int> stop_signal{0};
std::atomic<int64_t> stop_time{0};  // of the first signal; 0: none yet
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<int64_t>::is_always_lock_free);

// One wish to stop may come as two signals: timeout(1) sends its own to the process and to its group.
constexpr int64_t kOneWishMilliseconds = 250;

int64_t milliseconds_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

extern "C" void on_stop_signal(int signal) {
  const int64_t now = milliseconds_now();
  int64_t first = 0;
  if (!stop_time.compare_exchange_strong(first, now)) {
    if (now - first <= kOneWishMilliseconds) return;
    if (Program::has_status()) static_cast<void>(!write(STDERR_FILENO, "\n", 1));
    _exit(kSignalBase + signal);
  }
  stop_signal = signal;
  stop_token->cancel();
  if (!stop_tells) return;
  const int saved = errno;
  // On a terminal behind what Ctrl-C shows there, or in place of a bar.
  const std::string_view begin = Program::has_status() ? "\r\x1b[K" : isatty(STDERR_FILENO) == 0 ? "" : "\n";
  constexpr std::string_view kNotice = "stopping after the steps in flight; once more to leave at once\n";
  static_cast<void>(!write(STDERR_FILENO, begin.data(), begin.size()));
  static_cast<void>(!write(STDERR_FILENO, kNotice.data(), kNotice.size()));
  errno = saved;
}

}  // namespace

StopSignals::StopSignals(const CancelToken& token, bool tells) {
  stop_token = token;
  stop_tells = tells;
  stop_signal = 0;
  stop_time = 0;
  for (size_t i = 0; i < kSignals.size(); ++i) {
    struct sigaction action {};
    action.sa_handler = kSignals[i] == SIGPIPE ? SIG_IGN : on_stop_signal;
    action.sa_flags = SA_RESTART;
    sigaction(kSignals[i], nullptr, &previous_[i]);
    if (previous_[i].sa_handler != SIG_IGN) sigaction(kSignals[i], &action, nullptr);
  }
}

StopSignals::~StopSignals() {
  for (size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &previous_[i], nullptr);
}

KeptSignals::KeptSignals() {
  for (size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], nullptr, &before_[i]);
}

KeptSignals::~KeptSignals() {
  for (size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &before_[i], nullptr);
}

int StopSignals::received() {
  return stop_signal;
}

const char* StopSignals::name(int signal) {
  return signal == SIGINT ? "SIGINT" : signal == SIGTERM ? "SIGTERM" : signal == SIGHUP ? "SIGHUP" : "a signal";
}

}  // namespace sateen::app
