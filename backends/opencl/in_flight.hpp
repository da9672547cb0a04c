// The kernels that were submitted and may not be done: to name the operation of one that fails, and to time them.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "cl.hpp"

namespace sateen::opencl {

/// An operation, and with profile=1 the time that its kernels took.
struct OpRecord {
  explicit OpRecord(std::string n) : name(std::move(n)) {}
  std::string name;
  uint64_t nanoseconds = 0;
};

/// What takes the times of kernels.
enum class Timing {
  kNone,
  kEvents,  ///< the driver
  kClock,   ///< the host, which then waits for each kernel: for drivers that take no times
};

/// Any thread.
class InFlight {
 public:
  explicit InFlight(Timing timing) : timing_(timing) {}

  Timing timing() const { return timing_; }
  /// begin: an event that ends where this work begins, for work of several kernels of which only the last has an event.
  void add(ClEvent done, std::shared_ptr<OpRecord> record, ClEvent begin = {});
  /// Forgets what is done. Throws LateFailure naming the operation of the first kernel that failed.
  void collect();
  /// Throws the LateFailure of a wait that ended with `code`, with the operation's name where it can be found.
  [[noreturn]] void fail(cl_int code);

 private:
  struct Entry {
    ClEvent done;
    std::shared_ptr<OpRecord> record;
    ClEvent begin;
  };
  void retire(const Entry& entry) const;

  std::mutex mutex_;
  std::deque<Entry> entries_;
  Timing timing_;
};

}  // namespace sateen::opencl
