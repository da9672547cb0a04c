// What a step graph reads instead of asking the host: the order of the images, valid counts, the cursor, the log.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "sateen/device.hpp"
#include "sateen/train.hpp"

namespace sateen {

/// Of the rows of a pass that were taken in, added in their order.
struct MetricSums {
  double loss = 0, correct = 0;
  uint64_t images = 0;
};

/// The tables of one pass over some images, on the device, and the metrics that come back. Steps take `batch` images
/// each; the last may have fewer valid ones.
class EpochTables {
 public:
  EpochTables(Device& device, int64_t images, int64_t batch);
  /// The device writes into log_ until its reads are done, so this stays where it is.
  EpochTables(const EpochTables&) = delete;
  EpochTables& operator=(const EpochTables&) = delete;

  int64_t rows() const { return rows_; }
  int64_t batch() const { return batch_; }

  /// Uploads an order (one index per image) and sets the cursor to a row and its step: the first, or the one after `sums`
  /// were taken in.
  void begin(std::span<const int32_t> order, uint32_t step, int64_t row = 0, const MetricSums& sums = {});
  /// Asks for the log of the rows up to (not including) `end`, without waiting.
  void fetch_until(Device& device, int64_t end);
  /// Takes in fetched rows until at most `pending` fetches are under way.
  void collect(size_t pending);

  /// Of the rows taken in, and how many rows they are.
  Metrics metrics() const;
  const MetricSums& sums() const { return sums_; }
  int64_t rows_done() const { return done_; }
  /// How many images the first rows have.
  uint64_t images_in(int64_t rows) const { return static_cast<uint64_t>(std::min(rows * batch_, images_)); }
  /// The first row whose loss is not finite, or −1.
  int64_t first_nonfinite() const { return nonfinite_; }

  const Buffer& permutation() const { return permutation_; }
  const Buffer& valid() const { return valid_; }
  const Buffer& cursor() const { return cursor_; }
  const Buffer& log() const { return log_buffer_; }

 private:
  struct Fetch {
    Event event;
    int64_t end;
  };

  int64_t images_, batch_, rows_;
  Buffer permutation_, valid_, cursor_, log_buffer_;
  std::vector<int32_t> valid_rows_;
  std::vector<float> log_;  // [rows][2]
  std::vector<Fetch> fetches_;
  int64_t fetched_ = 0, done_ = 0, nonfinite_ = -1;
  MetricSums sums_;
};

}  // namespace sateen
