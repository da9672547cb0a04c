// What the ranks exchange in a step: buckets of gradients, and a record of what became of it. A thread of its own sees to
// it, so that messages move while the device and its thread compute.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "parallel/bucket.hpp"
#include "parallel/gather.hpp"
#include "sateen/communicator.hpp"
#include "sateen/device.hpp"

namespace sateen {

/// What a rank tells of a step.
struct StepRecord {
  float loss = 0, correct = 0;  ///< sums over its rows
  float seconds = 0;            ///< from the step's begin until its gradients were there
  uint32_t stop = 0;            ///< 1: it was told to stop
};

/// Called by one thread; while a step is under way nobody else uses the communicator. An error of the exchange comes out
/// of the waits, and none of them works after it.
class Exchange {
 public:
  /// buckets: in the order in which they are ready. Its end is that of the exchange, where what was submitted may be
  /// half-way: devices must not write into own() any more.
  static std::shared_ptr<Exchange> start(std::shared_ptr<Communicator> group, const ParallelOptions& options,
                                         const std::vector<Bucket::Way>& buckets);
  /// Of start.
  Exchange(std::shared_ptr<Communicator> group, ParallelOptions options, const std::vector<Bucket::Way>& buckets);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  /// Where the bucket's values are read to, and the step's loss and correct count.
  std::span<float> own(size_t bucket) { return buckets_[bucket].own(); }
  std::span<float> log() { return log_; }

  /// weights: of the ranks' rows in this step. stop: this rank was told to.
  void begin_step(std::vector<double> weights, bool stop);
  /// All in order. ready: when they are in own().
  void submit(size_t bucket, std::vector<Event> ready);
  /// The last of the step. ready: when it is in log().
  void submit_log(Event ready);

  /// Waits for the bucket's sum, which is valid until the next step begins.
  std::span<const float> wait(size_t bucket);
  /// Waits for the end of the step: every rank's record.
  const std::vector<StepRecord>& wait_records();

 private:
  using Clock = std::chrono::steady_clock;
  struct Submitted {
    size_t bucket = 0;  // or as many as there are, for the log
    std::vector<Event> ready;
  };

  /// Leaves a thread alone that doesn't come back.
  void end();
  void work();
  /// Until the step is over or nobody wants it any more.
  void exchange_step();
  /// Begins what is ready; whether there was something.
  bool begin_ready();
  bool advance();
  bool all_done() const;
  /// Whether something is under way that others have a part in.
  bool busy() const;
  std::vector<int> missing() const;
  /// Called every kBetweenLooks. Whether the other thread is in one call of the communicator for longer than a rank may be
  /// silent, or for a moment after a rank has gone or this one was told to stop: Open MPI's calls over TCP don't come back now
  /// and then once a peer has gone.
  bool stuck();
  [[noreturn]] void throw_stuck() const;
  template <typename Done>
  void wait_for(const Done& done);

  std::shared_ptr<Communicator> group_;
  const ParallelOptions options_;
  std::deque<Bucket> buckets_;
  Gather gather_;
  std::vector<float> log_ = std::vector<float>(2);

  // Of the thread that calls, read by the other one while a step is under way.
  std::vector<double> weights_;
  bool stop_ = false;
  Clock::time_point begun_;

  // Of the other one.
  bool records_begun_ = false;
  double longest_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::list<Submitted> submitted_;
  std::vector<bool> done_;  // buckets
  std::vector<StepRecord> records_;
  bool open_ = false, ending_ = false, ended_ = false;
  std::exception_ptr failure_;
  std::atomic<Clock::time_point> called_{
      Clock::time_point()};  // since when it calls the communicator; the epoch: it doesn't
  std::thread thread_;

  // Of the thread that calls.
  Clock::time_point call_seen_;  // at so many looks
  int looks_ = 0;
  std::string gone_;  // who, as of the first look that saw somebody gone
  int first_gone_ = -1;
};

}  // namespace sateen
