// Opening the device, and a first run on it.
#include <chrono>

#include "common/numbers.hpp"
#include "info/self_test/checks.hpp"
#include "info/self_test/counting.hpp"

namespace sateen::app {

Outcome check_opening(Subject& subject) {
  const auto begun = std::chrono::steady_clock::now();
  CountingProgram program(subject.device());
  program.run();
  const int32_t count = program.count();
  if (count != 1) return failed("a program that counts its runs says " + std::to_string(count) + " after the first");
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  return passed("the first program has run after " + general(seconds, 2) + " s");
}

}  // namespace sateen::app
