// A flag that asks a running training to stop after the steps in flight.
#pragma once

#include <atomic>
#include <memory>

#include "sateen/export.hpp"

namespace SATEEN_PUBLIC sateen {

/// Copies share one flag. cancel() may be called from any thread and from a signal handler (one lock-free store).
class CancelToken {
 public:
  /// A flag of its own, not set.
  CancelToken() : flag_(std::make_shared<std::atomic<bool>>(false)) {}
  /// Sets the flag, for good.
  void cancel() noexcept { flag_->store(true, std::memory_order_relaxed); }
  /// Whether it is set. Any thread.
  bool cancelled() const noexcept { return flag_->load(std::memory_order_relaxed); }

 private:
  static_assert(std::atomic<bool>::is_always_lock_free);
  std::shared_ptr<std::atomic<bool>> flag_;
};

}  // namespace sateen
