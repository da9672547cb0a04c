// Running the tests of the tree and telling what became of each. One run in a process: Boost.Test has one tree.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace conformance {

/// What a test was to do, and what it did.
struct TestResult {
  std::string name;  ///< "dense_forward/n3_i7_o31"
  bool failed = false;
  std::string errors;   ///< a line each; the context of an error stands indented below it
  std::string skipped;  ///< why there was nothing to test; empty: it was tested
};

/// How a test is taken.
struct PlannedTest {
  std::string name;
  bool runs = true;
  bool unsupported = false;  ///< a case of an operation: it has to be refused. Others don't run then.
};

/// Builds the tree; the names of all tests, in order. catch_signals: a fatal signal ends the run, not the program.
std::vector<std::string> prepare_tests(bool catch_signals);
/// Runs those of the plan, which has the names of prepare_tests(), on the target that is open.
void run_tests(const std::vector<PlannedTest>& plan, const std::function<void(const TestResult&)>& hear);

/// Whether the test that runs is planned as unsupported.
bool expected_unsupported();

/// Says of the test that runs that there is nothing to test, since the backend has not what a backend may leave out.
void skip_test(const std::string& why);

/// Boost.Test's callback, and whether a suite is an operation's.
bool build_tree();
bool is_op_suite(const std::string& suite);

}  // namespace conformance
