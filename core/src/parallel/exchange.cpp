// What the ranks exchange in a step: buckets of gradients, and a record of what became of it.
#include "parallel/exchange.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "parallel/waiting.hpp"

namespace sateen {

namespace {

constexpr uint64_t kDeviceNap = 1'000'000;  // nanoseconds
constexpr std::chrono::milliseconds kBetweenLooks{50};
constexpr double kPatience = 0.35;  // seconds: mpirun ends all ranks a second after it asked them to stop

}  // namespace

std::shared_ptr<Exchange> Exchange::start(std::shared_ptr<Communicator> group, const ParallelOptions& options,
                                          const std::vector<Bucket::Way>& buckets) {
  const auto exchange = std::make_shared<Exchange>(std::move(group), options, buckets);
  exchange->thread_ = std::thread([exchange] { exchange->work(); });
  return {exchange.get(), [exchange](Exchange* ended) { ended->end(); }};
}

Exchange::Exchange(std::shared_ptr<Communicator> group, ParallelOptions options,
                   const std::vector<Bucket::Way>& buckets)
    : group_(std::move(group)), options_(std::move(options)), gather_(*group_, kStepTag, sizeof(StepRecord)) {
  uint32_t tag = kFirstBucketTag;
  for (const Bucket::Way& way : buckets) {
    buckets_.emplace_back(*group_, way, tag);
    tag += 2;
  }
  if (tag > kLastTag) throw Error(ErrorCode::kUsage, "there are too many buckets of gradients; let each be larger");
  done_.resize(buckets.size());
  records_.resize(static_cast<size_t>(group_->size()));
}

void Exchange::end() {
  std::unique_lock<std::mutex> lock(mutex_);
  ending_ = true;
  changed_.notify_all();
  while (!changed_.wait_for(lock, kBetweenLooks, [&] { return ended_; })) {
    if (!stuck()) continue;
    thread_.detach();  // it keeps what it uses
    return;
  }
  lock.unlock();
  thread_.join();
}

bool Exchange::stuck() {
  const Clock::time_point since = called_;
  if (since != call_seen_ || since == Clock::time_point()) {
    call_seen_ = since;
    looks_ = 0;
    return false;
  }
  ++looks_;
  int gone = 0;
  for (int rank = 0; rank < group_->size() && gone_.empty(); ++rank) {
    if (rank == group_->rank() || !group_->gone(rank)) continue;
    if (gone++ == 0) first_gone_ = rank;
  }
  if (gone > 0)
    gone_ = group_->name(first_gone_) + (gone > 1 ? " and others have gone" : " has gone: its process has ended");
  const double seconds = looks_ * std::chrono::duration<double>(kBetweenLooks).count();
  return seconds > (gone_.empty() && !options_.stop.cancelled() ? options_.timeout : kPatience);
}

void Exchange::throw_stuck() const {
  if (!gone_.empty()) throw RankError(first_gone_, gone_, RankError::By::kNobody);
  throw RankError(-1, "a message neither arrives nor fails; a rank or the way to it may have gone",
                  options_.stop.cancelled() ? RankError::By::kStop : RankError::By::kNobody);
}

void Exchange::begin_step(std::vector<double> weights, bool stop) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (failure_) std::rethrow_exception(failure_);
  weights_ = std::move(weights);
  stop_ = stop;
  begun_ = Clock::now();
  for (Bucket& bucket : buckets_) bucket.reset();
  done_.assign(buckets_.size(), false);
  records_begun_ = false;
  open_ = true;
  changed_.notify_all();
}

void Exchange::submit(size_t bucket, std::vector<Event> ready) {
  const std::lock_guard<std::mutex> lock(mutex_);
  submitted_.push_back({bucket, std::move(ready)});
  changed_.notify_all();
}

void Exchange::submit_log(Event ready) {
  submit(buckets_.size(), {std::move(ready)});
}

template <typename Done>
void Exchange::wait_for(const Done& done) {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!changed_.wait_for(lock, kBetweenLooks, [&] { return failure_ != nullptr || done(); })) {
    if (stuck()) throw_stuck();
  }
  if (failure_) std::rethrow_exception(failure_);
}

std::span<const float> Exchange::wait(size_t bucket) {
  wait_for([&] { return static_cast<bool>(done_[bucket]); });
  return buckets_[bucket].result();
}

const std::vector<StepRecord>& Exchange::wait_records() {
  wait_for([&] { return !open_; });
  return records_;
}

void Exchange::work() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return open_ || ending_; });
    if (ending_) break;
    lock.unlock();
    std::exception_ptr failure;
    try {
      exchange_step();
    } catch (...) {
      failure = std::current_exception();
    }
    called_ = Clock::time_point();
    lock.lock();
    open_ = false;
    failure_ = failure;
    changed_.notify_all();
    if (failure_) break;
  }
  ended_ = true;
  changed_.notify_all();
}

void Exchange::exchange_step() {
  Waiting waiting(*group_, options_);
  waiting.allow(longest_);
  while (!all_done()) {
    called_ = Clock::now();
    const bool begun = begin_ready();
    if (advance() || begun) {
      waiting.progressed();
      continue;
    }
    std::unique_lock<std::mutex> lock(mutex_);
    if (ending_) return;
    if (busy()) {
      lock.unlock();
      waiting.idle([&] { return missing(); });
      continue;
    }
    // The device's own work; there is nobody else to wait for.
    called_ = Clock::time_point();
    changed_.wait(lock, [&] { return ending_ || !submitted_.empty(); });
    waiting.progressed();
    if (ending_) return;
    Submitted& next = submitted_.front();
    lock.unlock();
    next.ready.front().wait(kDeviceNap);
  }
  longest_ = std::max(longest_, std::chrono::duration<double>(Clock::now() - begun_).count());
  const std::lock_guard<std::mutex> lock(mutex_);
  for (size_t rank = 0; rank < records_.size(); ++rank) {
    std::memcpy(&records_[rank], gather_.of(static_cast<int>(rank)).data(), sizeof(StepRecord));
  }
}

bool Exchange::begin_ready() {
  bool any = false;
  for (;;) {
    Submitted* next = nullptr;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (submitted_.empty()) return any;
      next = &submitted_.front();  // it stays where it is while others are added
    }
    if (!std::all_of(next->ready.begin(), next->ready.end(), [](Event& event) { return event.wait(0); })) return any;
    any = true;
    if (next->bucket < buckets_.size()) {
      buckets_[next->bucket].begin(weights_);
    } else {
      StepRecord record{log_[0], log_[1], 0, stop_ ? 1U : 0U};
      record.seconds = std::chrono::duration<float>(Clock::now() - begun_).count();
      std::vector<unsigned char> bytes(sizeof record);
      std::memcpy(bytes.data(), &record, sizeof record);
      gather_.begin(bytes);
      records_begun_ = true;
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    submitted_.pop_front();
  }
}

bool Exchange::advance() {
  bool any = records_begun_ && gather_.advance();
  for (size_t i = 0; i < buckets_.size(); ++i) {
    if (!buckets_[i].begun() || buckets_[i].done()) continue;
    any = buckets_[i].advance() || any;
    if (!buckets_[i].done()) continue;
    const std::lock_guard<std::mutex> lock(mutex_);
    done_[i] = true;
    changed_.notify_all();
  }
  return any;
}

bool Exchange::all_done() const {
  return records_begun_ && gather_.done() &&
         std::all_of(buckets_.begin(), buckets_.end(), [](const Bucket& bucket) { return bucket.done(); });
}

bool Exchange::busy() const {
  return records_begun_ || std::any_of(buckets_.begin(), buckets_.end(),
                                       [](const Bucket& bucket) { return bucket.begun() && !bucket.done(); });
}

std::vector<int> Exchange::missing() const {
  // Who has not sent what it computed is told before those who may be waiting for it themselves.
  std::vector<int> results = records_begun_ ? gather_.missing() : std::vector<int>();
  for (const Bucket& bucket : buckets_) {
    if (std::vector<int> slices = bucket.missing_slices(); !slices.empty()) return slices;
    if (results.empty()) results = bucket.missing_results();
  }
  if (!results.empty()) return results;
  std::vector<int> others;
  for (int rank = 0; rank < group_->size(); ++rank) {
    if (rank != group_->rank()) others.push_back(rank);
  }
  return others;
}

}  // namespace sateen
