// How fast each operation is, on a few typical shapes, beside cpu.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace sateen::app {

/// Measures the target that is open and prints a table; `takes` says of "dense_forward/n64_i128_o10" and the like
/// whether it is measured. A time is the median of so many runs. How many lines it has.
size_t measure_speed(const std::function<bool(const std::string& name)>& takes, uint64_t runs);

}  // namespace sateen::app
