// A bucket of gradients on its way: each rank's values become their weighted sum, the same on all ranks.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "sateen/communicator.hpp"

namespace sateen {

/// kOrdered: every rank owns a slice. It gets that slice of all others, adds the slices in the order of ranks, and sends
/// the result to all others. So each value travels twice, whatever the number of ranks.
/// kSum: the values are weighted and given to Communicator::sum.
class Bucket {
 public:
  /// How values travel, and how many there are.
  struct Way {
    size_t values = 0;
    bool half = false, sums = false;
  };
  /// tag: this one and the next are the bucket's.
  Bucket(Communicator& group, const Way& way, uint32_t tag);

  /// Where this rank's values go before begin().
  std::span<float> own() const { return memory_->own; }
  /// weights: of the ranks, each that of its rows in the batch. 0: what a rank has does not count.
  void begin(std::span<const double> weights);
  /// Whether something has come since.
  bool advance();
  bool begun() const { return phase_ != Phase::kIdle; }
  /// Whether the result is there, and own() may be written.
  bool done() const { return phase_ == Phase::kDone; }
  /// For the next step.
  void reset() { phase_ = Phase::kIdle; }
  std::span<const float> result() const { return memory_->result; }

  /// The ranks whose slices of this rank's are missing.
  std::vector<int> missing_slices() const;
  /// The ranks whose results are missing, which may be waiting themselves.
  std::vector<int> missing_results() const;

 private:
  enum class Phase { kIdle, kSlices, kResults, kSum, kDone };
  /// A piece as it travels, and as values.
  struct Piece {
    std::vector<float> values;
    std::vector<unsigned char> half;  // where that is on the wire
  };
  struct Memory {
    std::vector<float> own, result;
    std::vector<Piece> slices;                        // by rank: this rank's slice of its values
    std::vector<Piece> outgoing;                      // by rank: its slice of this rank's values; only halves
    Piece sum;                                        // of this rank's slice
    std::vector<std::vector<unsigned char>> results;  // by rank: the halves of its slice of the result
  };
  using Transfers = std::vector<std::unique_ptr<Transfer>>;

  size_t begin_of(int rank) const;
  std::span<float> slice_of(std::vector<float>& values, int rank) const;
  void send_slices();
  void add_slices();
  void send_results();
  void take_results();

  Communicator& group_;
  Way way_;
  uint32_t tag_;
  std::vector<double> weights_;
  std::shared_ptr<Memory> memory_;  // shared with the messages under way
  Transfers slices_, results_, sends_;
  Phase phase_ = Phase::kIdle;
};

}  // namespace sateen
