// The table of where the time of a step goes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sateen/flops.hpp"
#include "sateen/train.hpp"

namespace sateen::app {

/// What one step of an operation, or of several that a backend made one ("conv1.forward + relu1.forward"), takes in
/// arithmetic, by the names of those in the list; 0 where none of them is.
uint64_t flops_of(const std::string& name, const std::vector<OperationFlops>& operations);

/// Lines: one for each operation, the slowest first, then the device's time beside the wall's. step: "training step".
/// flops: of a step; without any there is no column for what was achieved.
std::vector<std::string> profile_table(TrainProfile profile, std::string_view step,
                                       const std::vector<OperationFlops>& flops = {});

}  // namespace sateen::app
