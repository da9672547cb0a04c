// A rank that trains with rank 0 and writes nothing.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "common/device.hpp"
#include "common/program.hpp"
#include "sateen/cancel.hpp"
#include "sateen/error.hpp"
#include "train/seat.hpp"
#include "train/settings.hpp"

namespace sateen::app {

using OpenDevice = std::function<OpenedDevice(DeviceWish)>;

/// Does what rank 0 orders. Throws what its part of the training throws.
void follow(const RunSettings& run, const GivenSettings& given, const Seat& seat, const OpenDevice& open,
            const CancelToken& cancel);

/// Those of this process on threads of their own, which end when rank 0 does: where it fails it gives up first.
class Followers {
 public:
  Followers(const RunSettings& run, const GivenSettings& given, std::vector<Seat> seats, const OpenDevice& open,
            const CancelToken& cancel);
  ~Followers();
  Followers(const Followers&) = delete;
  Followers& operator=(const Followers&) = delete;

  /// The kind of the first failure of one of them, once that rank has given up.
  std::optional<ErrorCode> failure() const;

 private:
  void work(const RunSettings& run, const GivenSettings& given, const Seat& seat, const OpenDevice& open,
            const CancelToken& cancel);

  std::vector<Seat> seats_;
  mutable std::mutex mutex_;
  std::optional<ErrorCode> failure_;
  std::vector<std::thread> threads_;
};

}  // namespace sateen::app
