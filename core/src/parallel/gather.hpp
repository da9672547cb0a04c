// A record of a few bytes from every rank to every other.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "sateen/communicator.hpp"

namespace sateen {

/// Message tags; buckets of gradients take two each from kFirstBucket on.
enum : uint32_t { kBroadcastTag = 1, kGatherTag = 2, kStepTag = 3, kFirstBucketTag = 16, kLastTag = 32767 };

class Gather {
 public:
  /// Records of `bytes` each.
  Gather(Communicator& group, uint32_t tag, size_t bytes);

  void begin(std::span<const unsigned char> own);
  /// Whether something has come since.
  bool advance();
  bool done() const { return left_ == 0; }
  std::vector<int> missing() const;
  /// That of a rank, once all is done.
  std::span<const unsigned char> of(int rank) const;

 private:
  Communicator& group_;
  uint32_t tag_;
  size_t bytes_;
  std::shared_ptr<std::vector<unsigned char>> all_;
  std::vector<std::unique_ptr<Transfer>> receives_, sends_;  // by rank; null: done
  size_t left_ = 0;
};

/// All at once: waits until every rank's record is there. Records of ranks lie one after the other. allowed: seconds that
/// others may be busy, as Waiting::allow has them.
std::vector<unsigned char> gather(Communicator& group, std::span<const unsigned char> own,
                                  const ParallelOptions& options, double allowed = 0);

}  // namespace sateen
