// Ends the process where an accepted input breaks a rule, as the fuzzer wants it.
#include <cstdio>
#include <cstdlib>

#include "target.hpp"

namespace sateen::fuzz {

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

}  // namespace sateen::fuzz
