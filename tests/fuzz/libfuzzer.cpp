// A target for libFuzzer: its hooks, and a row of what became of the inputs at the end.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "seed_folder.hpp"
#include "target.hpp"

extern "C" {
size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);
int LLVMFuzzerInitialize(const int* argc, char*** argv);
int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed);
}

namespace {

using sateen::fuzz::Input;
using sateen::fuzz::Outcome;

struct Counts {
  unsigned long long executions = 0, passed = 0, accepted = 0;
};

Counts& counts() {
  static Counts counted;
  return counted;
}

void print_row() {
  const Counts& c = counts();
  std::fprintf(stderr, "fuzz row: %s,%s,%llu,%llu,%llu\n", SATEEN_FUZZ_TARGET, SATEEN_FUZZ_FLAVOUR, c.executions,
               c.passed, c.accepted);
}

void change(Input& part, size_t most) {
  if (most == 0) return;
  const size_t size = std::min(part.size(), most);
  part.resize(most);
  part.resize(LLVMFuzzerMutate(part.data(), size, most));
}

}  // namespace

/// --seeds=FOLDER: the target's own seeds go there first. libFuzzer passes over options with two dashes.
int LLVMFuzzerInitialize(const int* argc, char*** argv) {
  constexpr std::string_view kSeeds = "--seeds=";
  for (int i = 1; i < *argc; ++i) {
    const std::string_view word = (*argv)[i];
    if (word.substr(0, kSeeds.size()) == kSeeds) sateen::fuzz::write_seeds(word.substr(kSeeds.size()));
  }
  counts();
  std::atexit(print_row);
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Outcome outcome = sateen::fuzz::try_input({data, size});
  Counts& c = counts();
  ++c.executions;
  if (outcome != Outcome::kRefused) ++c.passed;
  if (outcome == Outcome::kAccepted) ++c.accepted;
  return 0;
}

/// One in eight changes leaves the checksums as they come.
size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  constexpr unsigned kUnrepaired = 8;
  if (seed % kUnrepaired == 0) return LLVMFuzzerMutate(data, size, max_size);
  Input input(data, data + size);
  sateen::fuzz::mutate(input, max_size, seed / kUnrepaired, change);
  input.resize(std::min(input.size(), max_size));
  std::copy(input.begin(), input.end(), data);
  return input.size();
}
