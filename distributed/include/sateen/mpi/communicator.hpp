// sateen::Communicator over MPI.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "sateen/communicator.hpp"
#include "sateen/export.hpp"

namespace sateen::mpi {

/// Where this process is among those that were started together.
struct Place {
  int rank = 0, ranks = 1;
  int local_rank = 0, local_ranks = 1;  ///< among those of its machine
  int processors = 1;                   ///< of its machine that these may use, all together
  std::string library;                  ///< "Open MPI v4.1.4"
};

/// A group of all processes that were started together (mpirun, srun). One at a time, and one in the life of a process:
/// the first use starts MPI, unless the program has; whoever started it ends it. It has to be started for more than one
/// thread: MPI_THREAD_SERIALIZED. Throws Error(kRuntime) where it can't be had.
/// The group's end is that of MPI, which waits for all ranks; after give_up, or where a rank has gone, nobody waits.
SATEEN_PUBLIC std::shared_ptr<Communicator> connect(Place* place = nullptr);

}  // namespace sateen::mpi
