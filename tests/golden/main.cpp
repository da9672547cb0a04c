// main() of the tests that run whole training steps:
//   sateen-golden-tests [Boost.Test options] -- [words of target_words.hpp]
#define BOOST_TEST_DYN_LINK
#define BOOST_TEST_NO_MAIN
#include <exception>
#include <iostream>

#include <boost/test/unit_test.hpp>

#include "target_words.hpp"

namespace {

conformance::TargetOptions& chosen() {
  static conformance::TargetOptions options;
  return options;
}

/// Opens the device before the first test and closes it after the last.
class DeviceFixture : public boost::unit_test::global_fixture {
 public:
  void setup() override { conformance::open_target(chosen()); }
  void teardown() override { conformance::close_target(); }
};

bool start() {
  static DeviceFixture device;
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    chosen() = conformance::take_target_words(argc, argv);
  } catch (const std::exception& e) {
    std::cerr << argv[0] << ": error: " << e.what() << '\n';
    return 2;
  }
  const std::string missing = conformance::missing_needs(chosen());
  if (!missing.empty()) {
    std::cout << "skipped: -- " << conformance::target_words(chosen()) << ": " << missing << '\n';
    return conformance::kSkipped;
  }
  return boost::unit_test::unit_test_main(&start, argc, argv);
}
