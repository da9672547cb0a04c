// A run by several ranks: who this process is among them, and what rank 0 tells the others before they train.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/device.hpp"
#include "sateen/checkpoint.hpp"
#include "sateen/communicator.hpp"
#include "train/prepare.hpp"
#include "train/settings.hpp"

namespace sateen::app {

/// One rank's place, or that of a run by a single one.
struct Seat {
  Group group;
  std::string device;         ///< of --device, where that names several
  int place = 0, places = 1;  ///< among those on this machine
  int processors = 0;         ///< that these may use together; 0: those of this process
  std::string line;           ///< for people: how many ranks there are, and how they talk; empty for a single one

  bool leads() const { return !group.ranks || group.ranks->rank() == 0; }
  bool alone() const { return group.ranks == nullptr; }
};

/// The device that a seat asks for. auto_takes, cancel: as DeviceWish has them.
DeviceWish wish_of(const Seat& seat, const std::string& auto_takes, const CancelToken& cancel);

/// By MPI, which begins here. Throws Error(kUsage) where there is no MPI part, and says how to build it, or where a
/// launcher has started several processes that MPI knows nothing of.
Seat join_by_mpi(const RankSettings& settings);
/// How many processes mpirun or srun have started together with this one, by their variables; 1: none that is known of.
int started_together();
/// Words about a rank that computes on fewer processors than its share, or "".
std::string tied_words(const Seat& seat, const DeviceInfo& device);
/// A rank for each of the devices, in this process.
std::vector<Seat> seats_for(const RankSettings& settings);

/// Which ranks have which devices, a line for those next to each other that have equal ones on one machine. Every rank
/// calls it.
std::vector<std::string> devices_of_ranks(const Seat& seat, const DeviceInfo& own);

/// What rank 0 tells: that there is nothing to do, or to begin, from a checkpoint where a run goes on.
struct Orders {
  bool train = false;
  std::optional<Checkpoint> checkpoint;
};
/// Of rank 0. file: the checkpoint's, where a run goes on.
void give_orders(const Seat& seat, bool train, const std::optional<std::filesystem::path>& file);
/// Of the others, who need not see rank 0's files.
Orders take_orders(const Seat& seat);

}  // namespace sateen::app
