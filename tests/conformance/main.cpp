// sateen-conformance-tests: holds a backend against the contract.
//   sateen-conformance-tests [Boost.Test options] -- --backend NAME [--device ID] [--option key=value]…
//                            [--backend-path PATH]… [--needs avx2|avx512|device]
//                            [--needs-file FILE] [--expect-driver TEXT] [--fallback]
#include <algorithm>
#include <iostream>

#include <boost/test/unit_test.hpp>

#include "runner.hpp"
#include "suite.hpp"
#include "target.hpp"

namespace conformance {
namespace {

namespace ut = boost::unit_test;

TargetOptions& chosen() {
  static TargetOptions options;
  return options;
}

/// Opens the device before the first test and closes it after the last.
class DeviceFixture : public ut::global_fixture {
 public:
  void setup() override { open_target(chosen()); }
  void teardown() override { close_target(); }
};

void run(const NamedCase& c) {
  const OpCase built = c.build();
  BOOST_REQUIRE_MESSAGE(built.kind == c.kind, "the case is listed under another operation");
  check_case(target().device(), built);
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
    const bool rules =
        std::any_of(list.rules().begin(), list.rules().end(), [kind](const auto& each) { return each.first == kind; });
    add_test(*coverage, op_name(kind), [kind, cases, rules] {
      BOOST_CHECK_MESSAGE(cases > 0, "the operation " << op_name(kind) << " has no case");
      BOOST_CHECK_MESSAGE(rules, "the rules of the operation " << op_name(kind) << " are not tested");
    });
  }
  root.add(coverage);
}

bool add_all_tests() {
  static DeviceFixture device;
  static RerunPrinter printer("sateen-conformance-tests", command_line(chosen()));
  ut::framework::register_observer(printer);
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

}  // namespace
}  // namespace conformance

int main(int argc, char** argv) {
  try {
    conformance::chosen() = conformance::take_target_options(argc, argv);
  } catch (const std::exception& e) {
    std::cerr << "sateen-conformance-tests: error: " << e.what() << '\n';
    return 2;
  }
  const std::string missing = conformance::missing_needs(conformance::chosen());
  if (!missing.empty()) {
    std::cout << "skipped: conformance -- " << command_line(conformance::chosen()) << ": " << missing << '\n';
    return conformance::kSkipped;
  }
  return boost::unit_test::unit_test_main(&conformance::add_all_tests, argc, argv);
}
