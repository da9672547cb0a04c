// What a step graph reads instead of asking the host: the order of the images, valid counts, the cursor, the log.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "parallel/share.hpp"
#include "sateen/device.hpp"
#include "sateen/train.hpp"

namespace sateen {

/// Of the rows of a pass that were taken in, added in their order.
struct MetricSums {
  double loss = 0, correct = 0;
  uint64_t images = 0;

  Metrics metrics() const;
};

/// The tables of one pass over some images, on the device, and the metrics that come back. Steps take a batch of images
/// each, of which the device computes a share; the last may have fewer valid ones.
class EpochTables {
 public:
  EpochTables(Device& device, int64_t images, const Share& share);
  /// The device writes into log_ until its reads are done, so this stays where it is.
  EpochTables(const EpochTables&) = delete;
  EpochTables& operator=(const EpochTables&) = delete;

  int64_t rows() const { return rows_; }
  /// How many images of the batch of a row count, on all ranks together.
  int64_t valid_in(int64_t row) const { return std::min(share_.batch, images_ - row * share_.batch); }

  /// Uploads an order (one index per image) and sets the cursor to a row and its step: the first, or the one after `sums`
  /// were taken in.
  void begin(std::span<const int32_t> order, uint32_t step, int64_t row = 0, const MetricSums& sums = {});
  /// Asks for the log of the rows up to (not including) `end`, without waiting.
  void fetch_until(Device& device, int64_t end);
  /// Takes in fetched rows until at most `pending` fetches are under way.
  void collect(size_t pending);

  /// Takes in the next row from elsewhere: sums over all of its images. Such a pass fetches none.
  void add(double loss, double correct);

  /// Of the rows taken in, and how many rows they are.
  Metrics metrics() const { return sums_.metrics(); }
  const MetricSums& sums() const { return sums_; }
  int64_t rows_done() const { return done_; }
  /// How many images the first rows have.
  uint64_t images_in(int64_t rows) const { return static_cast<uint64_t>(std::min(rows * share_.batch, images_)); }
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

  void take(double loss, double correct, int64_t images);

  int64_t images_, rows_;
  Share share_;
  Buffer permutation_, valid_, cursor_, log_buffer_;
  std::vector<int32_t> valid_rows_;
  std::vector<float> log_;  // [rows][2]
  std::vector<Fetch> fetches_;
  int64_t fetched_ = 0, done_ = 0, nonfinite_ = -1;
  MetricSums sums_;
};

}  // namespace sateen
