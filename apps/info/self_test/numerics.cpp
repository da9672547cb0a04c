// Operations and special values, against the reference.
#include <algorithm>
#include <set>
#include <string>

#include "common/numbers.hpp"
#include "info/self_test/checks.hpp"
#include "info/self_test/trials.hpp"
#include "sateen/error.hpp"

namespace sateen::app {

namespace {

struct Tally {
  size_t wrong = 0;
  std::string first;  // what was wrong first
  double largest = 0;
  std::string where;  // it was largest
  std::set<uint32_t> kinds;
  std::set<uint32_t> elsewhere;  // of them, what the device lacks

  void add(const std::string& what) {
    if (wrong++ == 0) first = what;
  }
};

bool same_bytes(const std::vector<Values>& a, const std::vector<Values>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Values& x, const Values& y) { return x.bytes == y.bytes; });
}

Tally run_all(Subject& subject, const std::vector<Trial>& trials) {
  Tally tally;
  for (const Trial& trial : trials) {
    tally.kinds.insert(trial.kind);
    try {
      const uint64_t lacking = subject.device().fallback_ops();
      const std::vector<Values> got = run_trial(subject.device(), trial);
      if (subject.device().fallback_ops() != lacking) tally.elsewhere.insert(trial.kind);
      const Difference difference = compare(trial, got, run_trial(subject.reference(), trial));
      if (difference.largest > tally.largest) {
        tally.largest = difference.largest;
        tally.where = trial.name;
      }
      if (!difference.wrong.empty()) {
        tally.add(difference.wrong);
      } else if (!same_bytes(got, run_trial(subject.device(), trial))) {
        tally.add(trial.name + ": other bytes when it runs again");
      }
    } catch (const Error& error) {
      tally.add(trial.name + ": " + error.what());
      subject.leave();
    }
  }
  return tally;
}

std::string of(size_t wrong, size_t all) {
  return std::to_string(wrong) + " of " + std::to_string(all) + " wrong; ";
}

}  // namespace

Outcome check_operations(Subject& subject) {
  const std::vector<Trial> trials = operation_trials();
  const Tally tally = run_all(subject, trials);
  if (tally.wrong > 0) return failed(of(tally.wrong, trials.size()) + tally.first);
  const size_t kinds = tally.kinds.size();
  std::string text = std::to_string(kinds) +
                     (kinds < operation_count() ? " of " + std::to_string(operation_count()) : "") + " operations in " +
                     std::to_string(trials.size()) + " odd shapes give what " + subject.reference_name() + " gives";
  if (tally.largest > 0) text += ", to " + general(tally.largest, 2) + " (" + tally.where + ")";
  if (!tally.elsewhere.empty()) {
    text += "; the device lacks " + std::to_string(tally.elsewhere.size()) + " of them, which run on cpu";
  }
  return passed(text);
}

Outcome check_special_values(Subject& subject) {
  const std::vector<Trial> trials = special_value_trials();
  const Tally tally = run_all(subject, trials);
  if (tally.wrong > 0) return failed(of(tally.wrong, trials.size()) + tally.first);
  return passed("NaN and infinity go through, pools are padded with -infinity");
}

}  // namespace sateen::app
