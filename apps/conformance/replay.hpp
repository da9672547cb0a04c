// A graph that was dumped, run again: each operation alone, then all of them, against cpu.
#pragma once

#include <cstdint>
#include <string>

namespace sateen::app {

/// Replays the graph of a file on the target that is open and prints what came of it; whether all is right. Throws
/// Error(kBadInput) for a file that is no such graph.
bool replay(const std::string& path, uint64_t seed);

}  // namespace sateen::app
