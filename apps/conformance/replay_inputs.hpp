// Values for a graph that comes without: drawn from a seed, and such that its operations make sense.
#pragma once

#include "conformance/pieces.hpp"
#include "suite.hpp"

namespace sateen::app {

/// Bytes for every storage. Those of a backend's own begin as NaN.
State draw_inputs(const sateen_graph& graph, const conformance::CaseList& rules, uint64_t seed);

}  // namespace sateen::app
