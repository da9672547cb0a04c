// A record of a few bytes from every rank to every other, and rank 0's bytes to all.
#include "parallel/gather.hpp"

#include <algorithm>
#include <cstring>

#include "parallel/waiting.hpp"

namespace sateen {

namespace {

/// Forgets a transfer that is done; whether it was.
bool finish(std::unique_ptr<Transfer>& transfer) {
  if (!transfer || !transfer->done()) return false;
  transfer.reset();
  return true;
}

}  // namespace

Gather::Gather(Communicator& group, uint32_t tag, size_t bytes)
    : group_(group),
      tag_(tag),
      bytes_(bytes),
      all_(std::make_shared<std::vector<unsigned char>>(bytes * static_cast<size_t>(group.size()))),
      receives_(static_cast<size_t>(group.size())),
      sends_(static_cast<size_t>(group.size())) {}

std::span<const unsigned char> Gather::of(int rank) const {
  return std::span<const unsigned char>(*all_).subspan(bytes_ * static_cast<size_t>(rank), bytes_);
}

void Gather::begin(std::span<const unsigned char> own) {
  const int me = group_.rank();
  const auto place = [&](int rank) { return std::span(*all_).subspan(bytes_ * static_cast<size_t>(rank), bytes_); };
  std::copy(own.begin(), own.end(), place(me).begin());
  left_ = 0;
  for (int rank = 0; rank < group_.size(); ++rank) {
    if (rank == me) continue;
    receives_[static_cast<size_t>(rank)] = group_.receive(rank, tag_, place(rank), all_);
    sends_[static_cast<size_t>(rank)] = group_.send(rank, tag_, place(me), all_);
    left_ += 2;
  }
}

bool Gather::advance() {
  const size_t before = left_;
  for (auto* transfers : {&receives_, &sends_}) {
    for (auto& transfer : *transfers) left_ -= finish(transfer) ? 1U : 0U;
  }
  return left_ != before;
}

std::vector<int> Gather::missing() const {
  std::vector<int> ranks;
  for (size_t rank = 0; rank < receives_.size(); ++rank) {
    if (receives_[rank]) ranks.push_back(static_cast<int>(rank));
  }
  return ranks;
}

std::vector<unsigned char> gather(Communicator& group, std::span<const unsigned char> own,
                                  const ParallelOptions& options, double allowed) {
  Gather all(group, kGatherTag, own.size());
  Waiting waiting(group, options);
  waiting.allow(allowed);
  all.begin(own);
  while (!all.done()) {
    if (all.advance()) {
      waiting.progressed();
    } else {
      waiting.idle([&] { return all.missing(); });
    }
  }
  std::vector<unsigned char> records;
  for (int rank = 0; rank < group.size(); ++rank) {
    const auto record = all.of(rank);
    records.insert(records.end(), record.begin(), record.end());
  }
  return records;
}

std::vector<std::string> gather_texts(Communicator& group, std::string own, size_t most,
                                      const ParallelOptions& options) {
  own.resize(most);
  const std::vector<unsigned char> all =
      gather(group, {reinterpret_cast<const unsigned char*>(own.data()), own.size()}, options);
  std::vector<std::string> texts;
  for (size_t at = 0; texts.size() < static_cast<size_t>(group.size()); at += most) {
    const auto* text = reinterpret_cast<const char*>(all.data()) + at;
    texts.emplace_back(text, strnlen(text, most));
  }
  return texts;
}

namespace {

/// Along a binomial tree, so that no rank sends to all.
void send_down(Communicator& group, const std::shared_ptr<std::vector<unsigned char>>& bytes,
               const ParallelOptions& options) {
  const int me = group.rank();
  Waiting waiting(group, options);
  const auto finish_all = [&](std::vector<std::unique_ptr<Transfer>>& transfers, int peer) {
    while (!transfers.empty()) {
      const auto left = std::remove_if(transfers.begin(), transfers.end(), [](auto& t) { return finish(t); });
      if (left != transfers.end()) {
        transfers.erase(left, transfers.end());
        waiting.progressed();
      } else {
        waiting.idle([&] { return std::vector<int>{peer}; });
      }
    }
  };
  int step = 1;
  while (step <= me) step *= 2;
  std::vector<std::unique_ptr<Transfer>> transfers;
  if (me != 0) {
    const int parent = me - step / 2;
    transfers.push_back(group.receive(parent, kBroadcastTag, *bytes, bytes));
    finish_all(transfers, parent);
  }
  for (; me + step < group.size(); step *= 2) {
    transfers.push_back(group.send(me + step, kBroadcastTag, *bytes, bytes));
    finish_all(transfers, me + step);
  }
}

}  // namespace

void broadcast(Communicator& group, std::vector<unsigned char>& bytes, const ParallelOptions& options) {
  const auto size = std::make_shared<std::vector<unsigned char>>(sizeof(uint64_t));
  for (size_t i = 0; i < size->size(); ++i) (*size)[i] = static_cast<unsigned char>(uint64_t{bytes.size()} >> (8 * i));
  send_down(group, size, options);
  uint64_t length = 0;
  for (size_t i = 0; i < size->size(); ++i) length |= uint64_t{(*size)[i]} << (8 * i);
  const auto content = std::make_shared<std::vector<unsigned char>>();
  if (group.rank() == 0) content->swap(bytes);
  content->resize(length);
  if (length != 0) send_down(group, content, options);
  bytes.swap(*content);
}

}  // namespace sateen
