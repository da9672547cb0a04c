// The step tables on the device and the log that comes back from it.
#include "train/epoch_tables.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace sateen {

namespace {

constexpr uint64_t kLogRowBytes = 2 * sizeof(float);

}  // namespace

EpochTables::EpochTables(Device& device, int64_t images, const Share& share)
    : images_(images),
      rows_((images + share.batch - 1) / share.batch),
      share_(share),
      valid_rows_(static_cast<size_t>(rows_)) {
  const auto rows = static_cast<uint64_t>(rows_);
  permutation_ = device.create_buffer(rows * static_cast<uint64_t>(share_.rows) * sizeof(int32_t));
  cursor_ = device.create_buffer(2 * sizeof(int32_t));
  log_buffer_ = device.create_buffer(rows * kLogRowBytes);
  log_.resize(rows * 2);
  for (int64_t row = 0; row < rows_; ++row) {
    valid_rows_[static_cast<size_t>(row)] = static_cast<int32_t>(share_.valid_of(valid_in(row)));
  }
  valid_ = device.create_buffer(valid_rows_.data(), rows * sizeof(int32_t));
}

void EpochTables::begin(std::span<const int32_t> order, uint32_t step, int64_t row, const MetricSums& sums) {
  std::vector<int32_t> padded(static_cast<size_t>(rows_ * share_.rows), -1);  // an index outside the data gives zeros
  for (int64_t i = 0; i < rows_; ++i) {
    const auto from = order.begin() + i * share_.batch + std::min(share_.first, valid_in(i));
    std::copy_n(from, valid_rows_[static_cast<size_t>(i)], padded.begin() + i * share_.rows);
  }
  permutation_.write(padded.data(), padded.size() * sizeof(int32_t));
  const std::array<uint32_t, 2> cursor{static_cast<uint32_t>(row), step};
  cursor_.write(cursor.data(), sizeof cursor);
  fetches_.clear();
  fetched_ = done_ = row;
  nonfinite_ = -1;
  sums_ = sums;
}

void EpochTables::fetch_until(Device& device, int64_t end) {
  if (end == fetched_) return;
  const auto first = static_cast<uint64_t>(fetched_);
  const uint64_t bytes = static_cast<uint64_t>(end - fetched_) * kLogRowBytes;
  fetches_.push_back({device.read_async(log_.data() + 2 * first, log_buffer_, bytes, first * kLogRowBytes), end});
  fetched_ = end;
}

void EpochTables::collect(size_t pending) {
  while (fetches_.size() > pending) {
    fetches_.front().event.wait();
    for (; done_ < fetches_.front().end; ++done_) {
      const auto row = static_cast<size_t>(done_);
      take(double{log_[2 * row]}, double{log_[2 * row + 1]}, valid_rows_[row]);
    }
    fetches_.erase(fetches_.begin());
  }
}

void EpochTables::add(double loss, double correct) {
  take(loss, correct, valid_in(done_));
  fetched_ = ++done_;
}

void EpochTables::take(double loss, double correct, int64_t images) {
  if (nonfinite_ < 0 && !std::isfinite(loss)) nonfinite_ = done_;
  sums_.loss += loss;
  sums_.correct += correct;
  sums_.images += static_cast<uint64_t>(images);
}

Metrics MetricSums::metrics() const {
  if (images == 0) return {};
  const auto n = static_cast<double>(images);
  return {loss / n, correct / n, images};
}

}  // namespace sateen
