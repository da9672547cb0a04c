// The processes of a group as their machines see them: who is there, and who has ended.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace sateen::mpi {

/// What tells a process from all others, as the ranks tell each other.
struct Identity {
  std::array<char, 64> host{};     ///< its name, for people
  std::array<char, 64> machine{};  ///< equal where two processes see each other by their number
  int64_t process = 0;
  uint64_t started = 0;  ///< in the machine's ticks: a number is used again
};

Identity own_identity();
/// Whether the process of a rank on this machine has ended. Nothing is known of other machines: false.
bool has_ended(const Identity& peer, const Identity& own);

}  // namespace sateen::mpi
