// A run by several ranks: who this process is among them, and what rank 0 tells the others before they train.
#include "train/seat.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <system_error>
#include <thread>
#include <utility>

#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/place.hpp"
#include "sateen/error.hpp"
#include "sateen/mpi/entry.hpp"

namespace sateen::app {
namespace {

constexpr const char* kLibrary = SATEEN_MPI_LIBRARY;

std::string line_of(const Seat& seat, const std::string& by) {
  const ParallelOptions& options = seat.group.options;
  std::string line = std::to_string(seat.group.ranks->size()) + ", " + by + "; gradients ";
  const bool sums = options.reduction == Reduction::kSum && seat.group.ranks->sums();
  line += sums ? "summed by MPI" : "added in the order of ranks";
  if (options.half) line += ", as halves on the way";
  return line;
}

/// A file in memory, by a name that loaders take.
class MemoryFile {
 public:
  explicit MemoryFile(std::span<const unsigned char> bytes) : descriptor_(memfd_create("checkpoint", MFD_CLOEXEC)) {
    if (descriptor_ == -1) fail();
    while (!bytes.empty()) {
      const ssize_t n = write(descriptor_, bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) {
        close(descriptor_);
        fail();
      }
      bytes = bytes.subspan(static_cast<size_t>(n));
    }
  }
  ~MemoryFile() { close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  [[noreturn]] static void fail() {
    throw Error(ErrorCode::kRuntime, "rank 0's checkpoint: " + std::generic_category().message(errno));
  }
  int descriptor_;
};

}  // namespace

DeviceWish wish_of(const Seat& seat, const std::string& auto_takes, const CancelToken& cancel) {
  DeviceWish wish;
  wish.auto_takes = auto_takes;
  wish.cancel = cancel;
  wish.device = seat.device;
  wish.place = seat.place;
  wish.places = seat.places;
  wish.processors = seat.processors;
  if (!seat.alone()) wish.ranks = seat.group.ranks->size();
  wish.quiet = !seat.leads();
  return wish;
}

Seat join_by_mpi(const RankSettings& settings) {
  // For the components that MPI's own library loads. Nothing is ever unloaded.
  void* library = dlopen(kLibrary, RTLD_NOW | RTLD_GLOBAL);
  if (library == nullptr) {
    const char* why = dlerror();
    throw Error(ErrorCode::kUsage,
                std::string("--distributed needs the part for MPI: build Sateen with -DSATEEN_MPI=ON where MPI is "
                            "installed (Debian: libopenmpi-dev) (") +
                    (why != nullptr ? why : kLibrary) + ")");
  }
  const auto connect = reinterpret_cast<decltype(&sateen_mpi_connect)>(dlsym(library, "sateen_mpi_connect"));
  if (connect == nullptr) throw Error(ErrorCode::kUsage, std::string(kLibrary) + " is another library than Sateen's");
  Seat seat;
  mpi::Place place;
  connect(SATEEN_VERSION, &place, &seat.group.ranks);
  seat.group.options = settings.options;
  seat.place = place.local_rank;
  seat.places = place.local_ranks;
  seat.processors = place.processors;
  if (!settings.devices.empty()) {
    seat.device = settings.devices[static_cast<size_t>(place.local_rank) % settings.devices.size()];
  }
  if (place.ranks == 1 && started_together() > 1) {
    throw Error(ErrorCode::kUsage,
                "--distributed: " + std::to_string(started_together()) + " processes were started, and " +
                    place.library +
                    " knows of this one alone; start them with the launcher of this MPI, or under Slurm "
                    "with srun --mpi=TYPE of those that srun --mpi=list shows (pmix for Open MPI, pmi2 for MPICH)");
  }
  seat.line = line_of(seat, place.library);
  if (place.ranks == 1) seat.line += "; to have more: mpirun -np N sateen-train --distributed ...";
  return seat;
}

int started_together() {
  const auto number = [](const char* name) {
    const char* text = std::getenv(name);
    return text == nullptr ? 0L : std::strtol(text, nullptr, 10);
  };
  long most = 1;
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"}) most = std::max(most, number(name));
  // Slurm's job script has its job's number of tasks too, but is one process.
  if (std::getenv("SLURM_STEP_ID") != nullptr) most = std::max(most, number("SLURM_STEP_NUM_TASKS"));
  return static_cast<int>(most);
}

std::string tied_words(const Seat& seat, const DeviceInfo& device) {
  // Open MPI's word for it. Others, containers and people too, tie processes to what is theirs.
  if (seat.alone() || device.type != SATEEN_DEVICE_CPU || std::getenv("OMPI_MCA_orte_bound_at_launch") == nullptr)
    return {};
  const auto all = static_cast<int>(std::thread::hardware_concurrency());
  if (usable_processors() * seat.places >= all) return {};
  return "mpirun ties each rank to " + std::to_string(usable_processors()) + " of this machine's " +
         std::to_string(all) + " processors; mpirun --bind-to none lets ranks have all";
}

std::vector<Seat> seats_for(const RankSettings& settings) {
  std::vector<Seat> seats;
  for (auto& ranks : local_communicators(static_cast<int>(settings.devices.size()))) {
    Seat seat;
    seat.group = {ranks, settings.options};
    seat.device = settings.devices[seats.size()];
    seat.place = static_cast<int>(seats.size());
    seat.places = static_cast<int>(settings.devices.size());
    seat.line = line_of(seat, "one process");
    seats.push_back(std::move(seat));
  }
  return seats;
}

std::vector<std::string> devices_of_ranks(const Seat& seat, const DeviceInfo& own) {
  constexpr size_t kMostWords = 200;
  const Communicator& ranks = *seat.group.ranks;
  const std::string words = own.id + ", " + own.name + (own.driver.empty() ? "" : ", " + own.driver);
  const std::vector<std::string> devices = gather_texts(*seat.group.ranks, words, kMostWords, seat.group.options);
  // Its name without its number: " on node7", or nothing within one process.
  const auto place_of = [&](int rank) { return ranks.name(rank).substr(("rank " + std::to_string(rank)).size()); };
  const auto line_of = [&](int rank) { return place_of(rank) + ": " + devices[static_cast<size_t>(rank)]; };
  std::vector<std::string> lines;
  for (int first = 0, next = 0; first < ranks.size(); first = next) {
    while (next < ranks.size() && line_of(next) == line_of(first)) ++next;
    const std::string last = next - first == 1 ? "" : (next - first == 2 ? " and " : " to ") + std::to_string(next - 1);
    lines.push_back((last.empty() ? "rank " : "ranks ") + std::to_string(first) + last + line_of(first));
  }
  return lines;
}

// A byte that says whether to train, then the checkpoint's file.
void give_orders(const Seat& seat, bool train, const std::optional<std::filesystem::path>& file) {
  if (seat.alone()) return;
  std::vector<unsigned char> orders = {train ? static_cast<unsigned char>(1) : static_cast<unsigned char>(0)};
  if (file) {
    std::ifstream stream(*file, std::ios::binary);
    orders.insert(orders.end(), std::istreambuf_iterator<char>(stream), {});
  }
  broadcast(*seat.group.ranks, orders, seat.group.options);
}

Orders take_orders(const Seat& seat) {
  std::vector<unsigned char> bytes;
  broadcast(*seat.group.ranks, bytes, seat.group.options);
  Orders orders;
  orders.train = !bytes.empty() && bytes.front() != 0;
  if (bytes.size() > 1) {
    const MemoryFile file(std::span<const unsigned char>(bytes).subspan(1));
    orders.checkpoint = load_checkpoint(file.path());
  }
  return orders;
}

}  // namespace sateen::app
