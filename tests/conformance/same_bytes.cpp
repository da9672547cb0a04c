// sateen-conformance-same-bytes: opens a backend once for each --vary option and wants the same bytes from all.
//   sateen-conformance-same-bytes [Boost.Test options] -- --backend NAME --vary key=value --vary key=value …
#include <algorithm>
#include <iostream>

#include <boost/test/unit_test.hpp>

#include "runner.hpp"
#include "suite.hpp"
#include "target.hpp"
#include "target_words.hpp"
#include "training_step.hpp"

namespace conformance {
namespace {

namespace ut = boost::unit_test;

struct SameOptions {
  TargetOptions target;
  std::vector<std::string> vary;  ///< options to compare with one another
};

std::string command_line(const SameOptions& options) {
  std::string r = target_words(options.target);
  for (const std::string& o : options.vary) r += " --vary " + o;
  return r;
}

struct Devices {
  SameOptions options;
  std::vector<std::unique_ptr<Target>> open;
};

Devices& devices() {
  static Devices all;
  return all;
}

class DevicesFixture : public ut::global_fixture {
 public:
  void setup() override {
    for (const std::string& option : devices().options.vary)
      devices().open.push_back(std::make_unique<Target>(devices().options.target, std::vector<std::string>{option}));
  }
  void teardown() override { devices().open.clear(); }
};

void compare(const std::function<Image(sateen::Device&)>& work) {
  const Devices& all = devices();
  const Image first = work(all.open[0]->device());
  for (size_t i = 1; i < all.open.size(); ++i)
    BOOST_CHECK_MESSAGE(work(all.open[i]->device()) == first,
                        all.options.vary[i] << " gives other bytes than " << all.options.vary[0]);
}

bool add_all_tests() {
  static DevicesFixture fixture;
  static RerunPrinter printer("sateen-conformance-same-bytes", command_line(devices().options));
  ut::framework::register_observer(printer);
  ut::test_suite& root = ut::framework::master_test_suite();
  root.p_name.value = "same bytes";
  const CaseList list = all_cases();
  for (uint32_t kind = 1; kind < SATEEN_OP_END_; ++kind) {
    ut::test_suite* suite = BOOST_TEST_SUITE(op_name(kind));
    for (const NamedCase& c : list.cases()) {
      if (c.kind != kind) continue;
      add_test(*suite, c.name, [c] {
        const OpCase built = c.build();
        compare([&](sateen::Device& device) { return run_once(device, built, Placement::kApart); });
      });
    }
    root.add(suite);
  }
  add_test(root, "training_step", [] {
    compare([](sateen::Device& device) { return TrainingStep(device.info().alignment, 1).run(device, 6); });
  });
  return true;
}

}  // namespace

/// What main calls.
int run_same_bytes(int argc, char** argv) {
  SameOptions& options = devices().options;
  try {
    options.target = take_target_words(argc, argv, &options.vary);
    if (options.vary.size() < 2) throw std::runtime_error("--vary is wanted at least twice");
  } catch (const std::exception& e) {
    std::cerr << "sateen-conformance-same-bytes: error: " << e.what() << '\n';
    return 2;
  }
  const std::string missing = missing_needs(options.target);
  if (!missing.empty()) {
    std::cout << "skipped: same bytes -- " << command_line(options) << ": " << missing << '\n';
    return kSkipped;
  }
  return ut::unit_test_main(&add_all_tests, argc, argv);
}

}  // namespace conformance

int main(int argc, char** argv) {
  return conformance::run_same_bytes(argc, argv);
}
