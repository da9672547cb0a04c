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
// mpirun ends all ranks a second after it asked them to stop, or after one has ended: rank 0, which saves, is the first.
constexpr double kAfterStop = 0.5, kFollowersLonger = 0.3;

double seconds(std::chrono::steady_clock::duration d) {
  return std::chrono::duration<double>(d).count();
}

}  // namespace

void Waiting::progressed() {
  since_ = Clock::now();
  idle_ = 0;
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
  looked_ = now;
  return true;
}

void Waiting::tell(const Departure& gone) const {
  const std::string who = group_.name(gone.rank);
  if (gone.reason.empty()) throw RankError(gone.rank, who + " has gone: its process has ended");
  if (gone.about == group_.rank()) throw RankError(gone.rank, who + " has given this rank up: " + gone.reason, true);
  if (gone.about >= 0) throw RankError(gone.about, gone.reason);
  throw RankError(gone.rank, who + ": " + gone.reason, true);
}

void Waiting::judge(const std::vector<int>& missing) {
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
  if (options_.stop.cancelled() && !stopping_) {
    stopping_ = true;
    stopped_ = Clock::now();
  }
  const Clock::time_point begun = stopping_ ? std::max(since_, stopped_) : since_;
  const double waited = seconds(looked_ - begun);
  const double patience = kAfterStop + (group_.rank() == 0 ? 0 : kFollowersLonger) + 2 * allowed_;
  if (stopping_ && waited > patience) {
    throw RankError(missing.front(), "told to stop while waiting: " + names + verb + " sent nothing");
  }
  if (waited > options_.timeout) {
    throw RankError(missing.front(),
                    names + verb + " sent nothing for " + std::to_string(std::lround(options_.timeout)) + " s");
  }
}

}  // namespace sateen
