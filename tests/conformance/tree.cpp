// The tree of tests, and how a case of an operation is run.
#include <algorithm>

#include <boost/test/unit_test.hpp>

#include "runner.hpp"
#include "suite.hpp"
#include "target.hpp"
#include "test_run.hpp"

namespace conformance {
namespace {

namespace ut = boost::unit_test;

/// An operation that the device lacks is one of the list of those, or a failure; and so is one of the list that it has.
void run(const NamedCase& c) {
  const OpCase built = c.build();
  BOOST_REQUIRE_MESSAGE(built.kind == c.kind, "the case is listed under another operation");
  const std::optional<std::string> lacks = check_own_case(target().device(), built);
  BOOST_CHECK_MESSAGE(!lacks || !lacks->empty(),
                      "the device refuses it without saying why; backend.h wants words from last_error");
  if (expected_unsupported()) {
    BOOST_CHECK_MESSAGE(lacks.has_value(), "it is listed as unsupported, and the device does it; take it off the list");
  } else if (!lacks.value_or("").empty()) {
    BOOST_ERROR("the device refuses it: " << *lacks << "; if it is meant to, list it in a file for --unsupported");
  }
}

/// A suite for each operation, and in `coverage` a test for each that fails if it has no case.
void add_op_suites(ut::test_suite& root) {
  const CaseList list = all_cases();
  ut::test_suite* coverage = BOOST_TEST_SUITE("coverage");
  for (uint32_t kind = 1; kind < SATEEN_OP_END_; ++kind) {
    ut::test_suite* suite = BOOST_TEST_SUITE(op_name(kind));
    size_t cases = 0;
    for (const NamedCase& c : list.cases()) {
      if (c.kind != kind) continue;
      add_test(*suite, c.name, [c] { run(c); });
      ++cases;
    }
    if (cases > 0) root.add(suite);
    const bool rules = list.rules_of(kind) != nullptr;
    const bool speed = std::any_of(list.speeds().begin(), list.speeds().end(),
                                   [kind](const SpeedCase& each) { return each.kind == kind; });
    add_test(*coverage, op_name(kind), [=] {
      BOOST_CHECK_MESSAGE(cases > 0, "the operation " << op_name(kind) << " has no case");
      BOOST_CHECK_MESSAGE(rules, "the rules of the operation " << op_name(kind) << " are not tested");
      BOOST_CHECK_MESSAGE(speed, "the operation " << op_name(kind) << " has no shape to measure");
    });
  }
  root.add(coverage);
}

}  // namespace

bool build_tree() {
  ut::test_suite& root = ut::framework::master_test_suite();
  root.p_name.value = "conformance";
  add_op_suites(root);
  root.add(intermediates_suite());
  root.add(pooled_blocks_suite());
  root.add(training_step_suite());
  root.add(graph_rules_suite());
  root.add(op_rules_suite());
  root.add(run_rules_suite());
  root.add(device_rules_suite());
  root.add(profile_rules_suite());
  root.add(describe_rules_suite());
  root.add(tuning_rules_suite());
  root.add(peak_rules_suite());
  return true;
}

bool is_op_suite(const std::string& suite) {
  for (uint32_t kind = 1; kind < SATEEN_OP_END_; ++kind)
    if (suite == op_name(kind)) return true;
  return false;
}

}  // namespace conformance
