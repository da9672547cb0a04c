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
constexpr double kAfterStop = 0.5;  // mpirun ends all ranks a second after it asked them to stop

double seconds(std::chrono::steady_clock::duration d) {
  return std::chrono::duration<double>(d).count();
}

}  // namespace

void Waiting::progressed() {
  since_ = Clock::now();
  idle_ = 0;
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

void Waiting::judge(const std::vector<int>& missing) {
  if (const std::optional<Departure> gone = group_.departed()) {
    throw RankError(
        gone->rank,
        group_.name(gone->rank) + (gone->reason.empty() ? " has gone: its process has ended" : ": " + gone->reason),
        !gone->reason.empty());
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
  if (stopping_ && waited > kAfterStop + 2 * allowed_) {
    throw RankError(missing.front(), "told to stop while waiting: " + names + verb + " sent nothing");
  }
  if (waited > options_.timeout) {
    throw RankError(missing.front(),
                    names + verb + " sent nothing for " + std::to_string(std::lround(options_.timeout)) + " s");
  }
}

}  // namespace sateen
