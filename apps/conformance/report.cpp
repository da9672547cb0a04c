// Lines for people.
#include "conformance/report.hpp"

#include "common/numbers.hpp"
#include "common/program.hpp"
#include "common/text.hpp"

namespace sateen::app {
namespace {

/// Of a test's errors, and of a suite's failures that are shown with theirs; a backend that is wrong is wrong in many.
constexpr size_t kMostLines = 6;
constexpr size_t kMostFailures = 5;

}  // namespace

std::string shell_word(const std::string& word) {
  constexpr const char* kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string Report::Counts::text() const {
  std::string text;
  const auto say = [&](size_t n, const char* word) {
    if (n > 0) text += (text.empty() ? "" : ", ") + grouped(n) + " " + word;
  };
  say(passed, "passed");
  say(failed, "FAILED");
  say(unsupported, "unsupported");
  say(expected, "failed as expected");
  say(skipped, "skipped");
  say(not_run, "not run");
  return text;
}

void Report::count(Counts& counts, Outcome outcome) {
  switch (outcome) {
    case Outcome::kPassed:
      ++counts.passed;
      break;
    case Outcome::kFailed:
      ++counts.failed;
      break;
    case Outcome::kUnsupported:
      ++counts.unsupported;
      break;
    case Outcome::kExpectedFailure:
      ++counts.expected;
      break;
    case Outcome::kSkipped:
      ++counts.skipped;
      break;
    case Outcome::kNotRun:
      ++counts.not_run;
      break;
  }
}

void Report::add(const std::string& test, Outcome outcome, const std::string& words) {
  const std::string suite = test.substr(0, test.find('/'));
  if (suite != suite_) end_suite();
  suite_ = suite;
  count(in_suite_, outcome);
  count(in_all_, outcome);
  if (outcome == Outcome::kFailed) print_failure(test, words);
  if (outcome == Outcome::kSkipped) why_skipped_ = words;
  if (outcome == Outcome::kNotRun) ended_at_ = words;
}

void Report::print_failure(const std::string& test, const std::string& errors) const {
  std::string text = "FAIL " + test + "\n";
  if (in_suite_.failed <= kMostFailures) {
    size_t lines = 0, begin = 0;
    for (; begin < errors.size() && lines < kMostLines; ++lines) {
      const size_t end = std::min(errors.find('\n', begin), errors.size());
      text += "     " + one_line(errors.substr(begin, end - begin)) + "\n";
      begin = end + 1;
    }
    if (begin < errors.size()) text += "     …\n";
    text += "     rerun: " + rerun_ + " --filter " + shell_word(test) + "\n";
  }
  Program::print(text);
  Program::flush();
}

void Report::end_suite() {
  if (in_suite_.all() == 0) return;
  constexpr size_t kColumn = 28;
  std::string line = suite_;
  line.resize(std::max(kColumn, line.size() + 1), ' ');
  Program::print(line + in_suite_.text() + (in_suite_.skipped > 0 ? ": " + why_skipped_ : "") + "\n");
  Program::flush();
  in_suite_ = {};
}

bool Report::finish() {
  end_suite();
  const bool passed = in_all_.failed == 0 && in_all_.not_run == 0;
  if (in_all_.not_run > 0) {
    Program::print("the run ended at " + ended_at_ + "; " + grouped(in_all_.not_run) + " tests were not run\n");
  }
  Program::print((passed ? "passed: " : "FAILED: ") + grouped(in_all_.all()) + " tests" +
                 (in_all_.passed == in_all_.all() ? "" : ", " + in_all_.text()) + "\n");
  return passed;
}

}  // namespace sateen::app
