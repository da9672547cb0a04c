// The operations of the contract on shapes that are apt to go wrong.
#pragma once

#include <vector>

#include "info/self_test/trial.hpp"

namespace sateen::app {

/// Every operation, on odd sizes.
std::vector<Trial> operation_trials();
/// NaN, infinity and borders that are to be -infinity.
std::vector<Trial> special_value_trials();
/// How many operations the contract has.
size_t operation_count();

}  // namespace sateen::app
