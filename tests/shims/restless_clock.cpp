// A clock on the wall that somebody sets: each time it is read it is ten years further on, or ten years back. The clocks
// that nobody can set stay as they are.
#include <atomic>
#include <ctime>

#include <sys/time.h>

#include "interpose.hpp"

namespace {

std::atomic<unsigned> times_read{0};

time_t moved(time_t seconds) {
  constexpr time_t kTenYears = 315'576'000;
  return times_read++ % 2 == 0 ? seconds + kTenYears : seconds - kTenYears;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* to) noexcept {
  static const auto kReal = shim::next<decltype(&clock_gettime)>("clock_gettime");
  const int code = kReal(clock, to);
  if (code == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) to->tv_sec = moved(to->tv_sec);
  return code;
}

int gettimeofday(timeval* to, void* zone) noexcept {
  static const auto kReal = shim::next<int (*)(timeval*, void*)>("gettimeofday");
  const int code = kReal(to, zone);
  if (code == 0) to->tv_sec = moved(to->tv_sec);
  return code;
}

time_t time(time_t* to) noexcept {
  static const auto kReal = shim::next<decltype(&time)>("time");
  const time_t seconds = moved(kReal(nullptr));
  if (to != nullptr) *to = seconds;
  return seconds;
}

}  // extern "C"
