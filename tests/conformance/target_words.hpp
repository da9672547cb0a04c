// The device under test as the words after "--" on a test's command line name it:
//   [--backend NAME] [--device ID] [--option key=value]… [--backend-path PATH]… [--needs avx2|avx512|device]
//   [--needs-file FILE] [--expect-driver TEXT]
#pragma once

#include <string>
#include <vector>

#include "target.hpp"

namespace conformance {

/// Splits the command line at "--": argc is cut there, and what follows is read. vary: takes what --vary gives, where
/// there is such an option. Throws std::exception on a bad one.
TargetOptions take_target_words(int& argc, char** argv, std::vector<std::string>* vary = nullptr);

/// The words again, as they are typed.
std::string target_words(const TargetOptions& options);

}  // namespace conformance
