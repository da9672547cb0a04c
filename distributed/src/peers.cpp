// The processes of a group as their machines see them: who is there, and who has ended.
#include "peers.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <sstream>
#include <string_view>

#include <unistd.h>

namespace sateen::mpi {

namespace {

void store(std::string_view text, std::array<char, 64>& to) {
  std::copy_n(text.begin(), std::min(text.size(), to.size() - 1), to.begin());
}

/// This boot of the machine, and the processes that are numbered together.
std::string machine() {
  std::string boot;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), boot);
  std::array<char, 64> space{};
  const ssize_t length = readlink("/proc/self/ns/pid", space.data(), space.size());
  return boot + (length > 0 ? std::string(space.data(), static_cast<size_t>(length)) : "");
}

/// State and start of a process; 'X' where there is none.
std::pair<char, uint64_t> look_at(int64_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string text;
  if (!std::getline(file, text)) return {'X', 0};
  const size_t name = text.rfind(')');  // a program's name may have spaces
  if (name == std::string::npos) return {'X', 0};
  std::istringstream fields(text.substr(name + 1));
  char state = 'X';
  fields >> state;
  constexpr int kBetween = 18;  // of state and start
  std::string skipped;
  for (int i = 0; i < kBetween; ++i) fields >> skipped;
  uint64_t started = 0;
  fields >> started;
  return {state, started};
}

}  // namespace

Identity own_identity() {
  Identity own;
  std::array<char, 64> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) host = {"?"};
  store(host.data(), own.host);
  store(machine(), own.machine);
  own.process = getpid();
  own.started = look_at(own.process).second;
  return own;
}

bool has_ended(const Identity& peer, const Identity& own) {
  if (peer.machine != own.machine || peer.started == 0) return false;
  const auto [state, started] = look_at(peer.process);
  if (state == 'X') return kill(static_cast<pid_t>(peer.process), 0) != 0 && errno == ESRCH;
  return state == 'Z' || started != peer.started;
}

}  // namespace sateen::mpi
