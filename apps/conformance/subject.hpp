// The backend under test: found by its name or by its plugin's file.
#pragma once

#include "common/options.hpp"
#include "common/program.hpp"
#include "target.hpp"

namespace sateen::app {

/// Adds --backend, --device, --option and --backend-path, and what test commands want besides.
void add_subject_options(Options& options);

/// What they ask for; a plugin's file is loaded once, to learn its name. Throws Error(kUsage), Error(kDevice).
conformance::TargetOptions subject_of(const Options& options, const Program& program);

/// "device    cpu, AMD EPYC 7763": of the target that is open.
std::string subject_line();

/// The command that tests the same subject, without --filter.
std::string subject_command(const Options& options);

}  // namespace sateen::app
