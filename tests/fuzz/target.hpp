// What a fuzz target is: target_*.cpp define these functions, libfuzzer.cpp and replay.cpp call them.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "io/bytes.hpp"

namespace sateen::fuzz {

using Input = std::vector<uint8_t>;

enum class Outcome {
  kRefused,  ///< by a checksum, or by what comes before one
  kPassed,   ///< right checksums, and refused by what comes behind
  kAccepted
};

/// Hands an input to the product. Whatever it throws, but for the errors that a bad input may give, is a mistake found.
Outcome try_input(Bytes input);

/// Changes the bytes of a part of an input anyhow, to at most so many.
using Change = std::function<void(Input& part, size_t most)>;

/// Changes an input as its format has it, and makes its checksums right. choice: random.
void mutate(Input& input, size_t most, uint32_t choice, const Change& change);

/// Small inputs of every kind to begin with; most of them are accepted.
std::vector<Input> seeds();

/// A check that an accepted input must stand.
void require(bool holds, const char* what);

}  // namespace sateen::fuzz
