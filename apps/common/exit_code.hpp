// The exit codes of every program: part of their interface, listed in the README.
#pragma once

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
