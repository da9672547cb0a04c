// Waiting for other ranks: gently at first idle looks, and not for ever.
#include "parallel/waiting.hpp"

#include <algorithm>
#include <cmath>
#include <thread>

namespace sateen {

namespace {

constexpr int kEager = 64;  // looks with nothing but a word to the scheduler between them
constexpr std::chrono::microseconds kNap{50};
constexpr std::chrono::milliseconds kBetweenLooks{20};
constexpr double kLongestGap = 1;  // seconds between looks that count: all may have been suspended
// mpirun ends all ranks a second after it asked them to stop, or after one has ended: rank 0, which saves, is the first.
constexpr double kAfterStop = 0.5, kFollowersLonger = 0.3;

double seconds(std::chrono::steady_clock::duration d) {
  return std::chrono::duration<double>(d).count();
}

}  // namespace

void Waiting::progressed() {
  looked_ = Clock::now();
  idle_ = 0;
  waited_ = 0;
  stopped_ = std::min(stopped_, 0.0);
  departure_seen_ = false;
}

bool Waiting::pause() {
  if (++idle_ <= kEager) {
    std::this_thread::yield();
    return false;
  }
  std::this_thread::sleep_for(kNap);
  const Clock::time_point now = Clock::now();
  if (now - looked_ < kBetweenLooks) return false;
  const double passed = std::min(seconds(now - looked_), kLongestGap);
  waited_ += passed;
  if (stopped_ >= 0) stopped_ += passed;
  if (stopped_ < 0 && options_.stop.cancelled()) stopped_ = 0;
  looked_ = now;
  return true;
}

void Waiting::tell(const Departure& gone) const {
  using By = RankError::By;
  const std::string who = group_.name(gone.rank);
  if (gone.reason.empty()) throw RankError(gone.rank, who + " has gone: its process has ended", By::kNobody);
  if (gone.about == group_.rank()) {
    throw RankError(gone.rank, who + " has given this rank up: " + gone.reason, By::kItself, gone.rank);
  }
  if (gone.about >= 0) throw RankError(gone.about, gone.reason, By::kAnother, gone.rank);
  throw RankError(gone.rank, who + ": " + gone.reason, By::kItself, gone.rank);
}

void Waiting::judge(const std::vector<int>& missing) {
  using By = RankError::By;
  if (const std::optional<Departure> gone = group_.departed()) {
    if (departure_seen_) tell(*gone);
    departure_seen_ = true;  // what it sent before may be there at the next look
    return;
  }
  if (missing.empty()) return;
  std::string names;
  for (size_t i = 0; i < missing.size() && i < 3; ++i) names += (i == 0 ? "" : ", ") + group_.name(missing[i]);
  if (missing.size() > 3) names += " and " + std::to_string(missing.size() - 3) + " others";
  const char* verb = missing.size() == 1 ? " has" : " have";
  if (stopped_ > kAfterStop + (group_.rank() == 0 ? 0 : kFollowersLonger) + 2 * allowed_) {
    throw RankError(missing.front(), "told to stop while " + names + verb + " sent nothing", By::kStop);
  }
  if (waited_ > options_.timeout) {
    throw RankError(missing.front(),
                    names + verb + " sent nothing for " + std::to_string(std::lround(options_.timeout)) + " s",
                    By::kNobody);
  }
}

}  // namespace sateen
