// The checks of the self-test, each in a file of its idea. What they throw is their failure.
#pragma once

#include "info/self_test/outcome.hpp"
#include "info/self_test/subject.hpp"

namespace sateen::app {

// opening.cpp: what all others need
Outcome check_opening(Subject& subject);

// numerics.cpp: against the reference
Outcome check_operations(Subject& subject);
Outcome check_special_values(Subject& subject);

// training.cpp: a step of the published network, against the reference and against itself
Outcome check_gradients(Subject& subject, bool dropout);
Outcome check_determinism(Subject& subject);

// waiting.cpp
Outcome check_waiting(Subject& subject);

// memory.cpp
Outcome check_memory(Subject& subject);

// driver_faults.cpp: faults that drivers are known for, found by what they do
Outcome check_driver_faults(Subject& subject);

// program_cache.cpp
Outcome check_program_cache(Subject& subject);
/// What the device says of its GEMM library, after the checks that use it.
Outcome check_gemm(Subject& subject);

// speed.cpp
Outcome check_speed(Subject& subject);

}  // namespace sateen::app
