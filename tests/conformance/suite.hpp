// The tree of tests: a suite for each operation of the contract, suites for its rules, and a check that no operation
// is without a case.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "op_case.hpp"

namespace conformance {

/// A case that can be built when it runs.
struct NamedCase {
  uint32_t kind = 0;
  std::string name;
  std::function<OpCase()> build;
};

/// Every case of every operation, in the order in which the files below add them.
class CaseList {
 public:
  void add(uint32_t kind, std::string name, std::function<OpCase()> build) {
    cases_.push_back({kind, std::move(name), std::move(build)});
  }
  const std::vector<NamedCase>& cases() const { return cases_; }

 private:
  std::vector<NamedCase> cases_;
};

// One function for each file of cases.
void add_conv2d_cases(CaseList& list);
void add_max_pool2d_cases(CaseList& list);
void add_leaky_relu_cases(CaseList& list);
void add_dense_cases(CaseList& list);
void add_dropout_cases(CaseList& list);
void add_softmax_cases(CaseList& list);
void add_gather_cases(CaseList& list);
void add_update_cases(CaseList& list);
void add_augment_cases(CaseList& list);
void add_batch_norm_cases(CaseList& list);
CaseList all_cases();

/// A test that isn't one operation.
void add_test(boost::unit_test::test_suite& suite, const std::string& name, std::function<void()> body);

// Chains of operations through intermediates, and the rules of the contract; a suite each.
boost::unit_test::test_suite* intermediates_suite();
boost::unit_test::test_suite* pooled_blocks_suite();
boost::unit_test::test_suite* training_step_suite();
boost::unit_test::test_suite* graph_rules_suite();
boost::unit_test::test_suite* op_rules_suite();
boost::unit_test::test_suite* run_rules_suite();
boost::unit_test::test_suite* device_rules_suite();
boost::unit_test::test_suite* profile_rules_suite();
boost::unit_test::test_suite* describe_rules_suite();
boost::unit_test::test_suite* tuning_rules_suite();
boost::unit_test::test_suite* peak_rules_suite();

/// The name of an operation, and a seed for the inputs of a case.
const char* op_name(uint32_t kind);
uint64_t seed_of(const std::string& name);

/// Prints, for every test that failed, the line that runs it again.
class RerunPrinter : public boost::unit_test::test_observer {
 public:
  explicit RerunPrinter(std::string program, std::string target)
      : program_(std::move(program)), target_(std::move(target)) {}
  void test_unit_finish(const boost::unit_test::test_unit& unit, unsigned long elapsed) override;
  /// After the framework's own observers: the results are in by then, and 1.74 reads one of them uninitialised if
  /// another comes first.
  int priority() override { return 9; }

 private:
  std::string program_, target_;
};

}  // namespace conformance
