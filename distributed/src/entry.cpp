// The library as sateen-train loads it.
#include "sateen/mpi/entry.hpp"

#include <cstring>

extern "C" void sateen_mpi_connect(const char* version, sateen::mpi::Place* place,
                                   std::shared_ptr<sateen::Communicator>* group) {
  if (std::strcmp(version, SATEEN_VERSION) != 0) {
    throw sateen::Error(sateen::ErrorCode::kRuntime,
                        std::string("the MPI part is of version " SATEEN_VERSION ", the program of ") + version +
                            "; build and install both together");
  }
  *group = sateen::mpi::connect(place);
}
