// The exit codes of every program: part of their interface, listed in the README.
#pragma once

#include <array>

#include "sateen/error.hpp"

namespace sateen::app {

enum ExitCode : int {
  kDone = 0,
  kRunTime = 1,
  kUsage = 2,
  kBadInput = 3,
  kDevice = 4,
  kOutput = 5,
  kDiverged = 6,
  kSignalBase = 128,  ///< plus the signal's number: 129 SIGHUP, 130 SIGINT, 143 SIGTERM
};

struct ExitCodeMeaning {
  const char *code, *meaning;
};

constexpr std::array<ExitCodeMeaning, 8> kExitCodes = {{
    {"0", "done"},
    {"1", "a failure at run time that is none of the below"},
    {"2", "wrong use: an option, its value, a combination"},
    {"3", "a bad input file: model, picture or data set"},
    {"4", "no such device or backend, or it failed, or it is short of memory"},
    {"5", "output could not be written, or another run uses the folder"},
    {"6", "training diverged: the loss is no number any more"},
    {"129, 130, 143", "stopped by SIGHUP, SIGINT, SIGTERM; a training after saving"},
}};

inline ExitCode exit_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUsage:
      return kUsage;
    case ErrorCode::kBadInput:
      return kBadInput;
    case ErrorCode::kDevice:
    case ErrorCode::kNoMemory:
      return kDevice;
    case ErrorCode::kOutput:
      return kOutput;
    case ErrorCode::kDiverged:
      return kDiverged;
    case ErrorCode::kRuntime:
    case ErrorCode::kCancelled:
      break;
  }
  return kRunTime;
}

}  // namespace sateen::app
