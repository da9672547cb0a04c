// What messages between two ranks of one host cost: mpirun -np 2 messages SECONDS prints CSV, a row for messages of one
// size and number. The ranks wait as those of a training do, with short sleeps, so that what a sleep adds is in the figures.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <thread>
#include <vector>

#include <mpi.h>
#include <sys/resource.h>

namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double processor_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

void wait_for(std::vector<MPI_Request>& requests) {
  constexpr int kEager = 64;
  constexpr std::chrono::microseconds kNap{50};
  for (int looks = 0, done = 0; done == 0; ++looks) {
    MPI_Testall(static_cast<int>(requests.size()), requests.data(), &done, MPI_STATUSES_IGNORE);
    if (done != 0) return;
    if (looks < kEager) {
      std::this_thread::yield();
    } else {
      std::this_thread::sleep_for(kNap);
    }
  }
}

/// Some messages of so many bytes each way at once, as slices of several buckets are: in pieces, as sateen-train sends them.
double both_ways(int rank, size_t bytes, size_t count) {
  constexpr size_t kPiece = size_t{60} * 1024;
  static std::vector<char> out(1 << 20), in(1 << 20);
  const Clock::time_point begin = Clock::now();
  std::vector<MPI_Request> requests;
  for (size_t i = 0; i < count; ++i) {
    for (size_t at = i * bytes; at < (i + 1) * bytes; at += kPiece) {
      const int size = static_cast<int>(std::min(kPiece, (i + 1) * bytes - at));
      MPI_Irecv(in.data() + at, size, MPI_CHAR, 1 - rank, 0, MPI_COMM_WORLD, &requests.emplace_back());
      MPI_Isend(out.data() + at, size, MPI_CHAR, 1 - rank, 0, MPI_COMM_WORLD, &requests.emplace_back());
    }
  }
  wait_for(requests);
  return since(begin);
}

/// Until rank 0 notices what rank 1 sent after a while, when rank 0 sleeps and looks as it does in a training. The message
/// begins with the time at which it left; the ranks are on one host and have one clock.
double to_one_who_sleeps(int rank, size_t bytes) {
  static std::vector<double> message((1 << 20) / sizeof(double));
  const int size = static_cast<int>(bytes);
  std::vector<MPI_Request> requests(1);
  if (rank == 0) {
    MPI_Irecv(message.data(), size, MPI_CHAR, 1, 0, MPI_COMM_WORLD, &requests[0]);
    wait_for(requests);
    return since(Clock::time_point()) - message[0];
  }
  static unsigned turn = 0;
  std::this_thread::sleep_for(std::chrono::microseconds(1000 + 37 * (turn++ % 16)));
  message[0] = since(Clock::time_point());
  MPI_Isend(message.data(), size, MPI_CHAR, 0, 0, MPI_COMM_WORLD, &requests[0]);
  wait_for(requests);
  return 0;
}

/// Until the time is over, which rank 0 says: the least, the median, and what one exchange took of its processor.
void measure(int rank, size_t bytes, size_t count, double seconds, const std::function<double()>& exchange) {
  std::vector<double> times;
  exchange();
  const Clock::time_point begin = Clock::now();
  const double before = processor_seconds();
  for (int more = 1; more != 0;) {
    times.push_back(exchange());
    more = since(begin) < seconds || times.size() < 5 ? 1 : 0;
    MPI_Bcast(&more, 1, MPI_INT, 0, MPI_COMM_WORLD);
  }
  const double used = (processor_seconds() - before) / static_cast<double>(times.size());
  std::sort(times.begin(), times.end());
  if (rank != 0) return;
  std::printf("%zu,%zu,%zu,%.3e,%.3e,%.3e\n", bytes, count, times.size(), times.front(), times[times.size() / 2], used);
}

}  // namespace

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  int rank = 0, size = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  const double seconds = argc > 1 ? std::strtod(argv[1], nullptr) : 0.3;
  if (size != 2) {
    if (rank == 0) std::fprintf(stderr, "messages: takes two ranks\n");
    MPI_Abort(MPI_COMM_WORLD, 2);
  }
  if (rank == 0) std::printf("bytes,messages,times,least_s,median_s,processor_s\n");
  for (const size_t bytes : {sizeof(double), size_t{1} << 17, size_t{1} << 20}) {
    measure(rank, bytes, 1, seconds, [&] { return to_one_who_sleeps(rank, bytes); });
  }
  for (const size_t bytes : {size_t{1} << 17, size_t{1} << 18}) {
    measure(rank, bytes, 4, seconds, [&] { return both_ways(rank, bytes, 4); });
  }
  measure(rank, 16, 256, seconds, [&] { return both_ways(rank, 16, 256); });
  MPI_Finalize();
}
