// Boost.Test as the engine: its tree, its checks, and its words gathered.
#include "test_run.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string_view>

#include <boost/test/execution_monitor.hpp>
#include <boost/test/results_collector.hpp>
#include <boost/test/results_reporter.hpp>
#include <boost/test/tree/traverse.hpp>
#include <boost/test/tree/visitor.hpp>
#include <boost/test/unit_test.hpp>
#include <boost/test/unit_test_log_formatter.hpp>
#include <unistd.h>

namespace conformance {
namespace {

namespace ut = boost::unit_test;

/// Gathers what Boost.Test would print of a test.
class Words : public ut::unit_test_log_formatter {
 public:
  explicit Words(std::string& text) : text_(text) {}

  void log_start(std::ostream&, ut::counter_t) override {}
  void log_finish(std::ostream&) override {}
  void log_build_info(std::ostream&, bool) override {}
  void test_unit_start(std::ostream&, const ut::test_unit&) override {}
  void test_unit_finish(std::ostream&, const ut::test_unit&, unsigned long) override {}
  void test_unit_skipped(std::ostream&, const ut::test_unit&, ut::const_string) override {}
  void log_exception_start(std::ostream&, const ut::log_checkpoint_data&,
                           const boost::execution_exception& e) override {
    add(e.what());
  }
  void log_exception_finish(std::ostream&) override { text_ += '\n'; }
  void log_entry_start(std::ostream&, const ut::log_entry_data&, log_entry_types) override {}
  using ut::unit_test_log_formatter::log_entry_value;  // its other one leads here
  void log_entry_value(std::ostream&, ut::const_string value) override { add(value); }
  void log_entry_finish(std::ostream&) override { text_ += '\n'; }
  void entry_context_start(std::ostream&, ut::log_level) override {}
  void log_entry_context(std::ostream&, ut::log_level, ut::const_string context) override {
    text_ += "\n  ";
    add(context);
  }
  void entry_context_finish(std::ostream&, ut::log_level) override {}

 private:
  void add(ut::const_string words) { text_.append(words.begin(), words.size()); }
  std::string& text_;
};

class Observer : public ut::test_observer {
 public:
  std::string words, skipped;
  const PlannedTest* running = nullptr;
  std::map<ut::test_unit_id, const PlannedTest*> plan;
  std::function<void(const TestResult&)> hear;

  void test_unit_start(const ut::test_unit& unit) override {
    if (unit.p_type != ut::TUT_CASE) return;
    words.clear();
    skipped.clear();
    running = plan.at(unit.p_id);
  }
  void test_unit_finish(const ut::test_unit& unit, unsigned long) override {
    if (unit.p_type != ut::TUT_CASE) return;
    hear({unit.full_name(), !ut::results_collector.results(unit.p_id).passed(), words, skipped});
    running = nullptr;
  }
  /// After the framework's own observers: the results are in by then, and 1.74 reads one of them uninitialised if
  /// another comes first.
  int priority() override { return 9; }
};

Observer& observer() {
  static Observer one;
  return one;
}

/// The test cases in order.
class Cases : public ut::test_tree_visitor {
 public:
  std::vector<const ut::test_case*> all;
  void visit(const ut::test_case& test) override { all.push_back(&test); }
};

Cases cases() {
  Cases found;
  ut::traverse_test_tree(ut::framework::master_test_suite(), found, true);
  return found;
}

/// Boost.Test takes options from the environment, which could leave tests out; this program has its own.
void forget_variables() {
  std::vector<std::string> names;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    if (text.substr(0, 11) == "BOOST_TEST_") names.emplace_back(text.substr(0, text.find('=')));
  }
  for (const std::string& name : names) unsetenv(name.c_str());
}

}  // namespace

std::vector<std::string> prepare_tests(bool catch_signals) {
  forget_variables();
  std::string name = "sateen-conformance";
  std::string signals = catch_signals ? "--catch_system_errors=yes" : "--catch_system_errors=no";
  char* arguments[] = {name.data(), signals.data(), nullptr};
  ut::framework::init(&build_tree, 2, arguments);
  std::vector<std::string> names;
  for (const ut::test_case* test : cases().all) names.push_back(test->full_name());
  return names;
}

void run_tests(const std::vector<PlannedTest>& plan, const std::function<void(const TestResult&)>& hear) {
  Observer& one = observer();
  one.hear = hear;
  const Cases found = cases();
  if (std::none_of(plan.begin(), plan.end(), [](const PlannedTest& test) { return test.runs; })) return;
  std::map<std::string, const PlannedTest*> planned;
  for (const PlannedTest& test : plan) planned[test.name] = &test;
  for (const ut::test_case* test : found.all) {
    const PlannedTest* of = planned.at(test->full_name());
    one.plan[test->p_id] = of;
    if (!of->runs) ut::framework::get<ut::test_case>(test->p_id).p_default_status.value = ut::test_unit::RS_DISABLED;
  }
  ut::unit_test_log.set_formatter(new Words(one.words));  // which owns it
  ut::unit_test_log.set_threshold_level(ut::log_all_errors);
  ut::results_reporter::set_level(ut::NO_REPORT);
  ut::framework::register_observer(one);
  ut::framework::finalize_setup_phase();
  ut::framework::run();
  ut::framework::deregister_observer(one);
}

void skip_test(const std::string& why) {
  observer().skipped = why;
}

bool expected_unsupported() {
  const PlannedTest* running = observer().running;
  return running != nullptr && running->unsupported;
}

}  // namespace conformance
