// sateen-conformance: holds a backend against the contract.
#include <algorithm>
#include <limits>
#include <map>
#include <optional>

#include "common/exit_code.hpp"
#include "common/signals.hpp"
#include "conformance/lists.hpp"
#include "conformance/replay.hpp"
#include "conformance/report.hpp"
#include "conformance/speed.hpp"
#include "conformance/subject.hpp"
#include "sateen/error.hpp"
#include "suite.hpp"
#include "test_run.hpp"

namespace sateen::app {
namespace {

using conformance::PlannedTest;
using conformance::TestResult;

void describe(Options& options) {
  add_subject_options(options);
  options.add_group(
      "Tests",
      {{.name = "filter",
        .value = "PATTERN",
        .text = "tests whose name, or whose suite's, this is: dense_forward, 'op_rules/conv2d*'; may be repeated",
        .repeatable = true},
       {"list", "", "the names of the tests, and nothing else is done"},
       {"unsupported", "FILE",
        "what the backend does not do: lines PATTERN  # reason; '!dense_*,softmax' is every operation but these"},
       {"expected-failures", "FILE",
        "what is known to fail, in the same form; that it fails is then no failure, and "
        "that it passes is one"},
       {"no-catch", "", "a fatal signal ends the program by itself, for debuggers and simulators"}});
  options.add_group("Replay", {{"replay", "FILE",
                                "instead of the tests: a graph that SATEEN_DUMP_GRAPH left is run on drawn inputs, "
                                "each operation against cpu's, "
                                "then all of them"},
                               {"seed", "N", "of the inputs", "1"}});
  options.add_group("Speed", {{"speed", "",
                               "instead of the tests: a table of each operation's time on a few shapes, those of the "
                               "networks among them; --filter takes some"},
                              {"runs", "N", "a time is the median of these", "15"}});
  options.add_variable("SATEEN_DUMP_GRAPH", "A folder for every graph that is compiled, as text for --replay.");
  options.set_ending(
      "Each operation is held against double-precision loops on many shapes, with\n"
      "guard bytes around all that it may not touch; then chains of operations, whole\n"
      "training steps and the rules of backend.h. An operation that the backend lacks\n"
      "is a failure unless it is listed as unsupported; cpu takes its part in chains.\n"
      "The exit code is 4 when a test failed, and 77 when --needs or --needs-file says\n"
      "that there is nothing to test. Results alone go to stdout.",
      {"sateen-conformance --backend opencl",
       "sateen-conformance --backend ./sateen_mine.so --unsupported unsupported.txt",
       "sateen-conformance --backend cpu --filter 'dense*' --filter training_step"});
}

/// Whether --filter takes the test.
bool chosen(const std::vector<std::string>& filters, const std::string& test) {
  return filters.empty() ||
         std::any_of(filters.begin(), filters.end(), [&](const std::string& filter) { return matches(filter, test); });
}

/// The tests of the filters, and what the lists say of them.
struct Plan {
  std::vector<ListEntry> unsupported, expected;
  std::vector<PlannedTest> tests;
  std::vector<bool> chosen;
};

Plan make_plan(const Options& options) {
  Plan plan;
  const std::vector<std::string> names = conformance::prepare_tests(!options.given("no-catch"));
  plan.unsupported = read_list(options.text("unsupported"));
  plan.expected = read_list(options.text("expected-failures"));
  check_all_match(plan.unsupported, names);
  check_all_match(plan.expected, names);
  const std::vector<std::string> filters = options.texts("filter");
  for (const std::string& name : names) {
    const ListEntry* unsupported = find_entry(plan.unsupported, name);
    const ListEntry* expected = find_entry(plan.expected, name);
    if (unsupported != nullptr && expected != nullptr) {
      throw Error(ErrorCode::kBadInput, expected->place + ": " + name + " is unsupported by " + unsupported->place +
                                            "; a test is in one of the lists at most");
    }
    const bool of_operation = conformance::is_op_suite(name.substr(0, name.find('/')));
    plan.chosen.push_back(chosen(filters, name));
    plan.tests.push_back(
        {name, plan.chosen.back() && (unsupported == nullptr || of_operation), unsupported != nullptr});
  }
  if (std::find(plan.chosen.begin(), plan.chosen.end(), true) == plan.chosen.end()) {
    throw Error(ErrorCode::kUsage, "--filter: there is no such test; --list shows the names of all");
  }
  return plan;
}

/// What became of a test, and the words for it.
std::pair<Outcome, std::string> judge(const Plan& plan, const PlannedTest& test, const TestResult& result) {
  const Outcome failed = Outcome::kFailed;
  if (test.unsupported) return {result.failed ? failed : Outcome::kUnsupported, result.errors};
  const ListEntry* expected = find_entry(plan.expected, test.name);
  if (expected != nullptr && result.failed) return {Outcome::kExpectedFailure, {}};
  if (result.failed) return {failed, result.errors};
  if (!result.skipped.empty()) return {Outcome::kSkipped, result.skipped};
  if (expected == nullptr) return {Outcome::kPassed, {}};
  return {failed, "unexpected pass: " + expected->place + " expects it to fail (" + expected->reason +
                      "); take it off the list"};
}

/// Runs the plan and prints what came of it; whether nothing failed.
bool run_plan(const Plan& plan, const std::string& command) {
  Report report(command);
  std::map<std::string, size_t> places;
  for (size_t i = 0; i < plan.tests.size(); ++i) places[plan.tests[i].name] = i;
  std::vector<bool> told(plan.tests.size());
  // Tests that aren't to run are told of in their place; what is left then had to run.
  const auto tell_before = [&](size_t end) {
    for (size_t i = 0; i < end; ++i) {
      if (told[i] || !plan.chosen[i] || plan.tests[i].runs) continue;
      told[i] = true;
      report.add(plan.tests[i].name, Outcome::kUnsupported, {});
    }
  };
  std::string last;
  conformance::run_tests(plan.tests, [&](const TestResult& result) {
    const auto place = places.find(result.name);
    if (place == places.end() || told[place->second]) {
      return report.add(result.name, Outcome::kFailed, "it ran without being planned");
    }
    tell_before(place->second);
    const auto& [outcome, words] = judge(plan, plan.tests[place->second], result);
    report.add(result.name, outcome, words);
    told[place->second] = true;
    last = result.name;
  });
  tell_before(plan.tests.size());
  for (size_t i = 0; i < plan.tests.size(); ++i) {
    if (!told[i] && plan.tests[i].runs) report.add(plan.tests[i].name, Outcome::kNotRun, last);
  }
  return report.finish();
}

enum class Mode { kTests, kReplay, kSpeed };

/// Throws Error(kUsage) for options that don't go together.
Mode mode_of(const Options& options) {
  const auto keep_out = [&](const char* of, std::initializer_list<const char*> others) {
    for (const char* name : others) {
      if (options.given(name)) {
        throw Error(ErrorCode::kUsage, std::string("--") + name + " is not for --" + of + "; leave it out");
      }
    }
  };
  if (options.given("replay")) {
    keep_out("replay", {"filter", "unsupported", "expected-failures", "speed", "runs"});
    return Mode::kReplay;
  }
  if (options.given("speed")) {
    keep_out("speed", {"unsupported", "expected-failures", "seed"});
    return Mode::kSpeed;
  }
  return Mode::kTests;
}

void speed(const std::vector<std::string>& filters, uint64_t runs) {
  if (measure_speed([&](const std::string& name) { return chosen(filters, name); }, runs) == 0) {
    throw Error(ErrorCode::kUsage, "--filter: there is no such shape; without it all are measured");
  }
}

int run(const Program& program, int argc, const char* const* argv) {
  Options options(program.name(), "[options]", "Holds a backend against the contract that all have to keep.");
  describe(options);
  if (!options.parse(argc, argv) || options.print_config()) return kDone;

  if (options.given("list")) {
    const Plan plan = make_plan(options);
    for (size_t i = 0; i < plan.tests.size(); ++i) {
      if (plan.chosen[i]) Program::print(plan.tests[i].name + "\n");
    }
    return kDone;
  }
  const Mode mode = mode_of(options);
  const uint64_t seed = options.whole_number("seed", 0, std::numeric_limits<uint64_t>::max());
  const uint64_t runs = options.whole_number("runs", 1, 10000);
  const KeptSignals kept;
  const conformance::TargetOptions subject = subject_of(options, program);
  const std::string missing = conformance::missing_needs(subject);
  if (!missing.empty()) {
    Program::print("skipped: " + missing + "\n");
    return conformance::kSkipped;
  }
  std::optional<Plan> plan;
  if (mode == Mode::kTests) plan = make_plan(options);
  conformance::open_target(subject);
  Program::note(subject_line());
  bool passed = true;
  switch (mode) {
    case Mode::kTests:
      passed = run_plan(*plan, subject_command(options));
      break;
    case Mode::kReplay:
      passed = replay(options.text("replay"), seed);
      break;
    case Mode::kSpeed:
      speed(options.texts("filter"), runs);
      break;
  }
  conformance::close_target();
  return passed ? kDone : kDevice;
}

}  // namespace
}  // namespace sateen::app

int main(int argc, char** argv) {
  return sateen::app::run_program("sateen-conformance", sateen::app::run, argc, argv);
}
