// sateen::Communicator over MPI: messages that don't block, an error handler that returns, and who has gone.
#include "sateen/mpi/communicator.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <limits>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <mpi.h>
#include <sched.h>

#include "peers.hpp"

namespace sateen::mpi {

namespace {

constexpr int kLeaveTag = 0;          // of the words of a rank that gives up
constexpr size_t kLeaveBytes = 1024;  // these words at the most, behind the number of the rank that they are about
// Open MPI sends what is larger than 64 KiB over TCP only once the receiver has asked for it, which takes turns with what
// that one sends; smaller messages go at once, in both directions.
constexpr size_t kPieceBytes = size_t{60} * 1024;
constexpr std::chrono::milliseconds kFarewell{300};
constexpr std::chrono::minutes kLastWait{10};  // for a rank that still writes its files

std::string words(int code) {
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  if (MPI_Error_string(code, text.data(), &length) != MPI_SUCCESS) return "error " + std::to_string(code);
  std::string one_line(text.data(), static_cast<size_t>(length));
  std::replace(one_line.begin(), one_line.end(), '\n', ' ');
  return one_line;
}

void check(int code, const char* doing) {
  if (code != MPI_SUCCESS) throw Error(ErrorCode::kRuntime, std::string("MPI: ") + doing + ": " + words(code));
}

int count_of(size_t n) {
  if (n > static_cast<size_t>(std::numeric_limits<int>::max())) {
    throw Error(ErrorCode::kUsage, "a sum over MPI has less than 2 Gi values");
  }
  return static_cast<int>(n);
}

/// What requests share: MPI is for one thread at a time; and those that nobody waits for any more, with what they read or
/// write.
class Abandoned {
 public:
  std::timed_mutex& calls() { return calls_; }
  void add(MPI_Request request, std::shared_ptr<const void> owner) {
    const std::lock_guard<std::mutex> lock(mutex_);
    entries_.emplace_back(request, std::move(owner));
  }
  bool any() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return !entries_.empty();
  }

 private:
  std::timed_mutex calls_;
  std::mutex mutex_;
  std::vector<std::pair<MPI_Request, std::shared_ptr<const void>>> entries_;
};

/// One or more requests of MPI, which end in any order.
class Request final : public Transfer {
 public:
  Request(std::shared_ptr<Abandoned> abandoned, std::shared_ptr<const void> owner)
      : abandoned_(std::move(abandoned)), owner_(std::move(owner)) {}
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;
  ~Request() override {
    for (MPI_Request request : requests_) {
      if (request != MPI_REQUEST_NULL) abandoned_->add(request, owner_);
    }
  }
  /// Where MPI puts one more.
  MPI_Request* out() { return &requests_.emplace_back(MPI_REQUEST_NULL); }
  bool done() override {
    int flag = 1;
    const std::lock_guard<std::timed_mutex> lock(abandoned_->calls());
    const int code = MPI_Testall(static_cast<int>(requests_.size()), requests_.data(), &flag, MPI_STATUSES_IGNORE);
    if (code != MPI_SUCCESS) throw RankError(-1, "MPI: a message: " + words(code), RankError::By::kNobody);
    return flag != 0;
  }

 private:
  std::vector<MPI_Request> requests_;
  std::shared_ptr<Abandoned> abandoned_;
  std::shared_ptr<const void> owner_;
};

/// What a rank that gives up sends to the others.
struct Leave {
  int about = -1;
  std::array<char, kLeaveBytes> text{};
};

class MpiCommunicator final : public Communicator {
 public:
  MpiCommunicator() {
    int started = 0, ended = 0, thread_level = MPI_THREAD_SINGLE;
    check(MPI_Finalized(&ended), "MPI_Finalized");
    if (ended != 0) throw Error(ErrorCode::kUsage, "MPI has ended in this process, and can't be started again");
    check(MPI_Initialized(&started), "MPI_Initialized");
    if (started == 0) {
      check(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &thread_level), "MPI_Init_thread");
      ours_ = true;
    } else {
      check(MPI_Query_thread(&thread_level), "MPI_Query_thread");
    }
    if (thread_level < MPI_THREAD_SERIALIZED) {
      throw Error(ErrorCode::kRuntime,
                  "MPI is not for several threads here; it takes one that has MPI_THREAD_SERIALIZED");
    }
    check(MPI_Comm_dup(MPI_COMM_WORLD, &comm_), "MPI_Comm_dup");
    check(MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
    if (ours_) check(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
    check(MPI_Comm_rank(comm_, &rank_), "MPI_Comm_rank");
    check(MPI_Comm_size(comm_, &size_), "MPI_Comm_size");
    own_ = own_identity();
    peers_.resize(static_cast<size_t>(size_));
    check(MPI_Allgather(&own_, sizeof own_, MPI_BYTE, peers_.data(), sizeof own_, MPI_BYTE, comm_), "MPI_Allgather");
    words_ = std::make_shared<Leave>();
    listen();
  }
  MpiCommunicator(const MpiCommunicator&) = delete;
  MpiCommunicator& operator=(const MpiCommunicator&) = delete;

  ~MpiCommunicator() override {
    // A rank that has gone, or that still waits for another, would keep MPI from ending: then the process just ends.
    if (left_ || told_ || ended_ || abandoned_->any() || !all_end()) return;
    if (leaving_ != MPI_REQUEST_NULL) {
      MPI_Cancel(&leaving_);
      MPI_Request_free(&leaving_);
    }
    MPI_Comm_free(&comm_);
    if (ours_) MPI_Finalize();
  }

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  std::string name(int rank) const override {
    return "rank " + std::to_string(rank) + " on " + peers_.at(static_cast<size_t>(rank)).host.data();
  }

  std::unique_ptr<Transfer> send(int to, uint32_t tag, std::span<const unsigned char> bytes,
                                 std::shared_ptr<const void> owner) override {
    return in_pieces(bytes, std::move(owner), [&](std::span<const unsigned char> piece, MPI_Request* request) {
      check(
          MPI_Isend(piece.data(), static_cast<int>(piece.size()), MPI_BYTE, to, static_cast<int>(tag), comm_, request),
          "MPI_Isend");
    });
  }
  std::unique_ptr<Transfer> receive(int from, uint32_t tag, std::span<unsigned char> bytes,
                                    std::shared_ptr<const void> owner) override {
    return in_pieces(bytes, std::move(owner), [&](std::span<unsigned char> piece, MPI_Request* request) {
      check(MPI_Irecv(piece.data(), static_cast<int>(piece.size()), MPI_BYTE, from, static_cast<int>(tag), comm_,
                      request),
            "MPI_Irecv");
    });
  }
  bool sums() const override { return true; }
  // Not in place: Open MPI 4.1 then adds along a tree, whatever the number of ranks and values.
  std::unique_ptr<Transfer> sum(std::span<const float> values, std::span<float> to,
                                std::shared_ptr<const void> owner) override {
    auto request = std::make_unique<Request>(abandoned_, std::move(owner));
    const std::lock_guard<std::timed_mutex> lock(abandoned_->calls());
    stays();
    check(MPI_Iallreduce(values.data(), to.data(), count_of(values.size()), MPI_FLOAT, MPI_SUM, comm_, request->out()),
          "MPI_Iallreduce");
    return request;
  }

  std::optional<Departure> departed() override {
    std::unique_lock<std::timed_mutex> lock(abandoned_->calls(), kFarewell);
    if (!lock.owns_lock() || told_) return told_;
    int flag = 0;
    MPI_Status status;
    if (leaving_ != MPI_REQUEST_NULL && MPI_Test(&leaving_, &flag, &status) == MPI_SUCCESS && flag != 0) {
      told_ = Departure{status.MPI_SOURCE, std::string(words_->text.data(), strnlen(words_->text.data(), kLeaveBytes)),
                        words_->about};
      return told_;
    }
    for (int rank = 0; rank < size_; ++rank) {
      if (!gone(rank)) continue;
      ended_ = true;
      return Departure{rank, {}};
    }
    return std::nullopt;
  }
  bool gone(int rank) override { return rank != rank_ && has_ended(peers_.at(static_cast<size_t>(rank)), own_); }

  void give_up(const std::string& reason, int about) noexcept override {
    try {
      std::unique_lock<std::timed_mutex> lock(abandoned_->calls(), kFarewell);
      if (left_.exchange(true) || !lock.owns_lock()) return;  // a call that doesn't come back
      const auto leave = std::make_shared<Leave>();
      leave->about = about;
      std::copy_n(reason.begin(), std::min(reason.size(), kLeaveBytes - 1), leave->text.begin());
      std::vector<MPI_Request> sends(peers_.size(), MPI_REQUEST_NULL);
      for (int rank = 0; rank < size_; ++rank) {
        if (rank == rank_ || gone(rank)) continue;
        MPI_Request& request = sends[static_cast<size_t>(rank)];
        if (MPI_Isend(leave.get(), sizeof(Leave), MPI_BYTE, rank, kLeaveTag, comm_, &request) == MPI_SUCCESS) {
          abandoned_->add(request, leave);
        }
      }
      // Messages only move while somebody looks at them.
      const auto end = std::chrono::steady_clock::now() + kFarewell;
      for (int flag = 0; flag == 0 && std::chrono::steady_clock::now() < end;) {
        if (MPI_Testall(static_cast<int>(sends.size()), sends.data(), &flag, MPI_STATUSES_IGNORE) != MPI_SUCCESS) break;
        lock.unlock();
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        if (!lock.try_lock_until(end)) return;
      }
    } catch (...) {  // without memory for the words, the others see that the process ends
    }
  }

 private:
  void listen() {
    check(MPI_Irecv(words_.get(), sizeof(Leave), MPI_BYTE, MPI_ANY_SOURCE, kLeaveTag, comm_, &leaving_), "MPI_Irecv");
  }
  /// A message, as pieces that arrive in order; one without bytes is one too.
  template <typename Byte, typename Begin>
  std::unique_ptr<Transfer> in_pieces(std::span<Byte> bytes, std::shared_ptr<const void> owner, const Begin& begin) {
    auto request = std::make_unique<Request>(abandoned_, std::move(owner));
    const std::lock_guard<std::timed_mutex> lock(abandoned_->calls());
    stays();
    do {
      const std::span<Byte> piece = bytes.first(std::min(bytes.size(), kPieceBytes));
      begin(piece, request->out());
      bytes = bytes.subspan(piece.size());
    } while (!bytes.empty());
    return request;
  }
  void stays() const {
    if (left_) throw Error(ErrorCode::kRuntime, name(rank_) + " has given up");
  }
  /// Waits until every rank is about to end MPI, which would wait for them for ever; false: one never will.
  bool all_end() noexcept {
    try {
      MPI_Request all = MPI_REQUEST_NULL;
      if (MPI_Ibarrier(comm_, &all) != MPI_SUCCESS) return false;
      const auto end = std::chrono::steady_clock::now() + kLastWait;
      while (std::chrono::steady_clock::now() < end) {
        int flag = 0;
        if (MPI_Test(&all, &flag, MPI_STATUS_IGNORE) != MPI_SUCCESS) return false;
        if (flag != 0) return true;
        if (departed()) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    } catch (...) {
    }
    return false;
  }

  bool ours_ = false;
  std::atomic<bool> left_ = false;
  MPI_Comm comm_ = MPI_COMM_NULL;
  int rank_ = 0, size_ = 1;
  Identity own_;
  std::vector<Identity> peers_;
  std::shared_ptr<Leave> words_;
  MPI_Request leaving_ = MPI_REQUEST_NULL;
  std::optional<Departure> told_;
  bool ended_ = false;  // a rank's process has
  std::shared_ptr<Abandoned> abandoned_ = std::make_shared<Abandoned>();
};

std::string library_version() {
  std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> text{};
  int length = 0;
  if (MPI_Get_library_version(text.data(), &length) != MPI_SUCCESS) return "MPI";
  const std::string all(text.data(), static_cast<size_t>(length));
  std::string first = all.substr(0, all.find_first_of(",\n"));
  std::replace(first.begin(), first.end(), '\t', ' ');  // MPICH's
  return first;
}

/// What the ranks of a machine may use of its processors.
void add_processors(MPI_Comm local, Place& place) {
  cpu_set_t own, all;
  CPU_ZERO(&own);
  if (sched_getaffinity(0, sizeof own, &own) != 0) CPU_ZERO(&own);  // more processors than the set has room for
  check(MPI_Allreduce(&own, &all, sizeof own, MPI_BYTE, MPI_BOR, local), "MPI_Allreduce");
  place.processors = CPU_COUNT(&all);
}

Place place_of(const Communicator& group) {
  Place place;
  place.rank = group.rank();
  place.ranks = group.size();
  place.library = library_version();
  MPI_Comm local = MPI_COMM_NULL;
  check(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, group.rank(), MPI_INFO_NULL, &local),
        "MPI_Comm_split_type");
  check(MPI_Comm_rank(local, &place.local_rank), "MPI_Comm_rank");
  check(MPI_Comm_size(local, &place.local_ranks), "MPI_Comm_size");
  add_processors(local, place);
  check(MPI_Comm_free(&local), "MPI_Comm_free");
  return place;
}

}  // namespace

std::shared_ptr<Communicator> connect(Place* place) {
  auto group = std::make_shared<MpiCommunicator>();
  if (place != nullptr) *place = place_of(*group);
  return group;
}

}  // namespace sateen::mpi
