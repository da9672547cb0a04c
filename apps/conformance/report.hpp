// What the program says of the tests as they run: a line a suite, what failed with its error, and a last line.
#pragma once

#include <string>

#include "test_run.hpp"

namespace sateen::app {

/// What became of a test.
enum class Outcome {
  kPassed,
  kFailed,
  kUnsupported,
  kExpectedFailure,
  kSkipped,
  kNotRun,  ///< it had to run, and the run ended before it
};

class Report {
 public:
  /// rerun: the command that runs a test alone, up to its name.
  explicit Report(std::string rerun) : rerun_(std::move(rerun)) {}

  /// words: a failure's errors, why a test was skipped, or the test that the run ended at. Prints the failure at once, and
  /// the suite's line when the next suite begins.
  void add(const std::string& test, Outcome outcome, const std::string& words);
  /// Prints what is left. Whether nothing failed and everything ran.
  bool finish();

 private:
  struct Counts {
    size_t passed = 0, failed = 0, unsupported = 0, expected = 0, skipped = 0, not_run = 0;
    size_t all() const { return passed + failed + unsupported + expected + skipped + not_run; }
    std::string text() const;
  };
  static void count(Counts& counts, Outcome outcome);
  void end_suite();
  void print_failure(const std::string& test, const std::string& errors) const;

  std::string rerun_, suite_, why_skipped_, ended_at_;
  Counts in_suite_, in_all_;
};

/// A word for a shell.
std::string shell_word(const std::string& word);

}  // namespace sateen::app
