// SIGINT, SIGTERM and SIGHUP as a wish to stop: the first one cancels, a later one leaves at once.
#pragma once

#include <array>
#include <csignal>

#include "sateen/cancel.hpp"

namespace sateen::app {

/// Handles the three signals while it lives; one at a time in a process. A signal that was ignored before (nohup, a
/// background job) stays ignored. SIGPIPE is ignored meanwhile: nobody reading the messages is no reason to stop.
class StopSignals {
 public:
  /// tells: a first signal is answered with a line.
  explicit StopSignals(const CancelToken& token, bool tells = true);
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// The signal's number, or 0.
  static int received();
  /// "SIGINT"
  static const char* name(int signal);

 private:
  static constexpr std::array<int, 4> kSignals = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
  std::array<struct sigaction, 4> previous_{};
};

/// Puts back how signals were handled when it was made: drivers (LLVM in PoCL) set handlers of their own, even for
/// signals that were to be ignored.
class KeptSignals {
 public:
  KeptSignals();
  ~KeptSignals();
  KeptSignals(const KeptSignals&) = delete;
  KeptSignals& operator=(const KeptSignals&) = delete;

 private:
  static constexpr std::array<int, 7> kSignals = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGUSR1, SIGUSR2};
  std::array<struct sigaction, 7> before_{};
};

}  // namespace sateen::app
