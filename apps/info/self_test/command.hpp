// The command line of --self-test.
#pragma once

#include "common/options.hpp"
#include "common/program.hpp"

namespace sateen::app {

/// Runs the self-test that the options ask for; returns the exit code. Throws Error(kDevice) when a check failed.
int self_test_command(const Options& options, const Program& program);

}  // namespace sateen::app
