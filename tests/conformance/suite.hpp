// The tree of tests: a suite for each operation of the contract, suites for its rules, and a check that no operation
// is without a case.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "op_case.hpp"
#include "op_rules.hpp"

namespace conformance {

/// A case that can be built when it runs.
struct NamedCase {
  uint32_t kind = 0;
  std::string name;
  std::function<OpCase()> build;
};

/// A shape that an operation's speed is measured on. The arguments of what `build` gives need no values.
struct SpeedCase {
  uint32_t kind = 0;
  std::string name;
  double flops = 0;  ///< f32 operations, a multiply-add is two; 0: it is bytes that take the time
  std::function<OpCase()> build;
};

/// Every case of every operation, and what the rules of each are tested from.
class CaseList {
 public:
  void add(uint32_t kind, std::string name, std::function<OpCase()> build) {
    cases_.push_back({kind, std::move(name), std::move(build)});
  }
  /// Once for each operation; again for more faults of another case.
  void add_rules(uint32_t kind, OpRules rules) { rules_.emplace_back(kind, std::move(rules)); }

  /// Those of the networks at batch 64, and some more.
  void add_speed(uint32_t kind, std::string name, double flops, std::function<OpCase()> build) {
    speeds_.push_back({kind, std::move(name), flops, std::move(build)});
  }

  const std::vector<NamedCase>& cases() const { return cases_; }
  const std::vector<SpeedCase>& speeds() const { return speeds_; }
  const std::vector<std::pair<uint32_t, OpRules>>& rules() const { return rules_; }
  /// The first of an operation, or null.
  const OpRules* rules_of(uint32_t kind) const;
  /// Throws std::logic_error where there is none.
  const NamedCase& find(uint32_t kind, const std::string& name) const;

 private:
  std::vector<NamedCase> cases_;
  std::vector<SpeedCase> speeds_;
  std::vector<std::pair<uint32_t, OpRules>> rules_;
};

/// A file of cases has one of these, by which all_cases() finds it: nobody else need know of the file.
class CaseFile {
 public:
  using Add = void (*)(CaseList& list);
  explicit CaseFile(Add add) noexcept;
  CaseFile(const CaseFile&) = delete;
  CaseFile& operator=(const CaseFile&) = delete;

 private:
  friend CaseList all_cases();
  Add add_;
  const CaseFile* next_;
};
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

/// The backend's table of an extension; without one the test that runs is skipped, and it is null.
const void* extension_or_skip(const char* name);

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
