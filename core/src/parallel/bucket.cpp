// A bucket of gradients on its way: each rank's values become their weighted sum, the same on all ranks.
#include "parallel/bucket.hpp"

#include <algorithm>
#include <array>

#include "parallel/half.hpp"

namespace sateen {

namespace {

std::span<unsigned char> bytes_of(std::span<float> values) {
  return {reinterpret_cast<unsigned char*>(values.data()), values.size_bytes()};
}

/// Forgets the transfers that are done; whether there were any.
bool finish(std::vector<std::unique_ptr<Transfer>>& transfers) {
  bool any = false;
  for (auto& transfer : transfers) {
    if (!transfer || !transfer->done()) continue;
    transfer.reset();
    any = true;
  }
  return any;
}

bool all_done(const std::vector<std::unique_ptr<Transfer>>& transfers) {
  return std::none_of(transfers.begin(), transfers.end(), [](const auto& transfer) { return transfer != nullptr; });
}

std::vector<int> places_of(const std::vector<std::unique_ptr<Transfer>>& transfers) {
  std::vector<int> places;
  for (size_t i = 0; i < transfers.size(); ++i) {
    if (transfers[i]) places.push_back(static_cast<int>(i));
  }
  return places;
}

}  // namespace

Bucket::Bucket(Communicator& group, const Way& way, uint32_t tag)
    : group_(group),
      way_(way),
      tag_(tag),
      memory_(std::make_shared<Memory>()),
      slices_(static_cast<size_t>(group.size())),
      results_(slices_.size()),
      sends_(2 * slices_.size()) {
  memory_->own.resize(way.values);
  memory_->result.resize(way.values);
  if (way.sums) return;
  const int me = group.rank();
  const size_t mine = begin_of(me + 1) - begin_of(me);
  const bool half = way.half;
  memory_->slices.resize(slices_.size());
  memory_->outgoing.resize(slices_.size());
  memory_->results.resize(slices_.size());
  for (int rank = 0; rank < group.size(); ++rank) {
    const auto i = static_cast<size_t>(rank);
    const size_t theirs = begin_of(rank + 1) - begin_of(rank);
    memory_->slices[i].values.resize(rank == me && !half ? 0 : mine);
    if (!half) continue;
    memory_->slices[i].half.resize(half_bytes(mine));
    memory_->outgoing[i].half.resize(half_bytes(theirs));
    memory_->results[i].resize(half_bytes(theirs));
  }
  memory_->sum.values.resize(mine);
}

size_t Bucket::begin_of(int rank) const {
  return way_.values * static_cast<size_t>(rank) / static_cast<size_t>(group_.size());
}

std::span<float> Bucket::slice_of(std::vector<float>& values, int rank) const {
  return std::span(values).subspan(begin_of(rank), begin_of(rank + 1) - begin_of(rank));
}

void Bucket::begin(std::span<const double> weights) {
  weights_.assign(weights.begin(), weights.end());
  if (!way_.sums) {
    phase_ = Phase::kSlices;
    return send_slices();
  }
  const double weight = weights_[static_cast<size_t>(group_.rank())];
  for (float& value : memory_->own) value = weight == 0 ? 0.0F : static_cast<float>(weight * double{value});
  sends_.front() = group_.sum(memory_->own, memory_->result, memory_);
  phase_ = Phase::kSum;
}

void Bucket::send_slices() {
  const int me = group_.rank();
  for (int rank = 0; rank < group_.size(); ++rank) {
    const auto i = static_cast<size_t>(rank);
    const std::span<float> theirs = slice_of(memory_->own, rank);
    Piece& out = memory_->outgoing[i];
    Piece& in = memory_->slices[i];
    if (way_.half) encode_half(theirs, out.half);
    if (rank == me) {
      if (way_.half) in.half = out.half;
      continue;
    }
    slices_[i] = group_.receive(rank, tag_, way_.half ? std::span(in.half) : bytes_of(in.values), memory_);
    sends_[i] = group_.send(rank, tag_, way_.half ? std::span(out.half) : bytes_of(theirs), memory_);
  }
}

void Bucket::add_slices() {
  constexpr size_t kBlock = 1024;
  const auto me = static_cast<size_t>(group_.rank());
  std::vector<std::span<const float>> slices;
  for (Piece& piece : memory_->slices) {
    if (way_.half) decode_half(piece.half, piece.values);
    slices.emplace_back(piece.values);
  }
  if (!way_.half) slices[me] = slice_of(memory_->own, group_.rank());
  std::vector<float>& sum = memory_->sum.values;
  for (size_t begin = 0; begin < sum.size(); begin += kBlock) {
    const size_t n = std::min(kBlock, sum.size() - begin);
    std::array<double, kBlock> added{};
    for (size_t rank = 0; rank < slices.size(); ++rank) {
      const double weight = weights_[rank];
      if (weight == 0) continue;  // a rank without rows may have NaN there
      for (size_t i = 0; i < n; ++i) added[i] += weight * double{slices[rank][begin + i]};
    }
    std::transform(added.begin(), added.begin() + static_cast<std::ptrdiff_t>(n),
                   sum.begin() + static_cast<std::ptrdiff_t>(begin), [](double v) { return static_cast<float>(v); });
  }
}

void Bucket::send_results() {
  const int me = group_.rank();
  Piece& sum = memory_->sum;
  if (way_.half) {
    sum.half.resize(half_bytes(sum.values.size()));
    encode_half(sum.values, sum.half);
    decode_half(sum.half, sum.values);  // as the others see it
  }
  std::ranges::copy(sum.values, slice_of(memory_->result, me).begin());
  for (int rank = 0; rank < group_.size(); ++rank) {
    if (rank == me) continue;
    const auto i = static_cast<size_t>(rank);
    const std::span<unsigned char> to =
        way_.half ? std::span(memory_->results[i]) : bytes_of(slice_of(memory_->result, rank));
    results_[i] = group_.receive(rank, tag_ + 1, to, memory_);
    sends_[slices_.size() + i] =
        group_.send(rank, tag_ + 1, way_.half ? std::span(sum.half) : bytes_of(sum.values), memory_);
  }
}

void Bucket::take_results() {
  if (!way_.half) return;
  for (int rank = 0; rank < group_.size(); ++rank) {
    if (rank == group_.rank()) continue;
    decode_half(memory_->results[static_cast<size_t>(rank)], slice_of(memory_->result, rank));
  }
}

bool Bucket::advance() {
  bool any = finish(sends_);
  if (phase_ == Phase::kSlices) {
    any = finish(slices_) || any;
    if (!all_done(slices_)) return any;
    add_slices();
    send_results();
    phase_ = Phase::kResults;
    any = true;
  }
  any = finish(results_) || any;
  if (begun() && !done() && all_done(results_) && all_done(sends_)) {
    if (phase_ == Phase::kResults) take_results();
    phase_ = Phase::kDone;
    any = true;
  }
  return any;
}

std::vector<int> Bucket::missing_slices() const {
  return places_of(slices_);
}

std::vector<int> Bucket::missing_results() const {
  return places_of(results_);
}

}  // namespace sateen
