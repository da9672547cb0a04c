// What sateen-train looks for in the library when it loads it.
#pragma once

#include "sateen/mpi/communicator.hpp"

/// sateen::mpi::connect, by a name that dlsym finds. version: SATEEN_VERSION of the caller; with another one it throws
/// Error(kRuntime).
extern "C" __attribute__((visibility("default"))) void sateen_mpi_connect(const char* version,
                                                                          sateen::mpi::Place* place,
                                                                          std::shared_ptr<sateen::Communicator>* group);
