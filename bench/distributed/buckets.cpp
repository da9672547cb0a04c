// How long buckets of a step take to exchange while nothing computes: mpirun -np N buckets TIMES BYTES... prints CSV, a row
// for each way in which they become one sum. All buckets are ready at once; the ranks wait as those of a training do.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include <mpi.h>

namespace {

using Clock = std::chrono::steady_clock;

enum class How { kWhole, kPieces, kInPlace, kTwoBuffers };

struct Ranks {
  int rank = 0, size = 0;
};

/// Its gradients, those that come from others, and the sum; requests of what is under way.
class Bucket {
 public:
  Bucket(size_t bytes, int tag)
      : values_(bytes / sizeof(float)), out_(values_), in_(2 * values_), sum_(values_), tag_(tag) {}

  void begin(How how, const Ranks& ranks) {
    how_ = how;
    second_ = false;
    requests_.clear();
    const int count = static_cast<int>(values_);
    if (how == How::kInPlace) {
      MPI_Iallreduce(MPI_IN_PLACE, sum_.data(), count, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD, &requests_.emplace_back());
    } else if (how == How::kTwoBuffers) {
      MPI_Iallreduce(out_.data(), sum_.data(), count, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD, &requests_.emplace_back());
    } else {
      slices(ranks);
    }
  }

  bool in_slices() const { return how_ == How::kWhole || how_ == How::kPieces; }

  bool done(const Ranks& ranks) {
    int all = 0;
    MPI_Testall(static_cast<int>(requests_.size()), requests_.data(), &all, MPI_STATUSES_IGNORE);
    if (all == 0 || !in_slices() || second_) return all != 0;
    // Here sateen-train adds the slices.
    second_ = true;
    requests_.clear();
    slices(ranks);
    return false;
  }

 private:
  /// A slice from and to every other rank: of gradients first, then of sums, which move as much.
  void slices(const Ranks& ranks) {
    const size_t slice = values_ / static_cast<size_t>(ranks.size);
    const size_t piece = how_ == How::kPieces ? size_t{60} * 1024 / sizeof(float) : slice;
    const int tag = 2 * tag_ + (second_ ? 1 : 0);
    for (int other = 0; other < ranks.size; ++other) {
      if (other == ranks.rank) continue;
      const size_t end = (static_cast<size_t>(other) + 1) * slice;
      for (size_t at = end - slice; at < end; at += piece) {
        const int count = static_cast<int>(std::min(piece, end - at));
        MPI_Irecv(in_.data() + at, count, MPI_FLOAT, other, tag, MPI_COMM_WORLD, &requests_.emplace_back());
        MPI_Isend(out_.data() + at, count, MPI_FLOAT, other, tag, MPI_COMM_WORLD, &requests_.emplace_back());
      }
    }
  }

  size_t values_;
  std::vector<float> out_, in_, sum_;
  std::vector<MPI_Request> requests_;
  int tag_;
  How how_ = How::kPieces;
  bool second_ = false;
};

double exchange(std::vector<Bucket>& buckets, How how, const Ranks& ranks) {
  constexpr int kEager = 64;
  constexpr std::chrono::microseconds kNap{50};
  MPI_Barrier(MPI_COMM_WORLD);
  const Clock::time_point begin = Clock::now();
  for (Bucket& bucket : buckets) bucket.begin(how, ranks);
  std::vector<bool> done(buckets.size(), false);
  for (int looks = 0; std::find(done.begin(), done.end(), false) != done.end(); ++looks) {
    for (size_t i = 0; i < buckets.size(); ++i) done[i] = done[i] || buckets[i].done(ranks);
    if (looks < kEager) {
      std::this_thread::yield();
    } else {
      std::this_thread::sleep_for(kNap);
    }
  }
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

}  // namespace

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  Ranks ranks;
  MPI_Comm_rank(MPI_COMM_WORLD, &ranks.rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks.size);
  const long times = argc > 1 ? std::strtol(argv[1], nullptr, 10) : 0;
  std::vector<Bucket> buckets;
  for (int i = 2; i < argc; ++i) buckets.emplace_back(std::strtoull(argv[i], nullptr, 10), i);
  if (times < 1 || buckets.empty()) {
    if (ranks.rank == 0) std::fprintf(stderr, "buckets: takes how often, and bytes\n");
    MPI_Abort(MPI_COMM_WORLD, 2);
  }
  if (ranks.rank == 0) std::printf("how,least_s,median_s\n");
  for (const auto& [how, name] :
       {std::pair{How::kPieces, "ordered in pieces of 60 KiB"}, std::pair{How::kWhole, "ordered with whole messages"},
        std::pair{How::kInPlace, "allreduce in place"}, std::pair{How::kTwoBuffers, "allreduce"}}) {
    exchange(buckets, how, ranks);
    std::vector<double> took;
    for (long i = 0; i < times; ++i) took.push_back(exchange(buckets, how, ranks));
    std::sort(took.begin(), took.end());
    if (ranks.rank == 0) std::printf("%s,%.4e,%.4e\n", name, took.front(), took[took.size() / 2]);
  }
  MPI_Finalize();
}
