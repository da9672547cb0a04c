// A group of ranks in one process: mailboxes in memory.
#include <cstring>
#include <map>
#include <mutex>
#include <tuple>

#include "sateen/communicator.hpp"

namespace sateen {

namespace {

/// What all ranks of a group share.
class Mailboxes {
 public:
  explicit Mailboxes(int n) : departures_(static_cast<size_t>(n)) {}

  using Key = std::tuple<int, int, uint32_t>;  // from, to, tag
  void put(const Key& key, std::span<const unsigned char> bytes) {
    const std::lock_guard<std::mutex> lock(mutex_);
    Box& box = boxes_[key];
    box.letters[box.sent++] = {bytes.begin(), bytes.end()};
  }
  /// The number of the message that the next receiver gets.
  uint64_t ticket(const Key& key) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return boxes_[key].asked++;
  }
  bool take(const Key& key, uint64_t ticket, std::span<unsigned char> to) {
    const std::lock_guard<std::mutex> lock(mutex_);
    auto letter = boxes_[key].letters.extract(ticket);
    if (letter.empty()) return false;
    if (letter.mapped().size() != to.size()) throw Error(ErrorCode::kRuntime, "a message has another length");
    std::memcpy(to.data(), letter.mapped().data(), to.size());
    return true;
  }

  void leave(Departure departure) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!first_) first_ = departure.rank;
    departures_[static_cast<size_t>(departure.rank)] = std::move(departure);
  }
  bool left(int rank) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return departures_.at(static_cast<size_t>(rank)).has_value();
  }
  /// The first of them, whose reason may be that of others.
  std::optional<Departure> departed(int but) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (first_ && *first_ != but) return departures_[static_cast<size_t>(*first_)];
    for (const auto& departure : departures_) {
      if (departure && departure->rank != but) return departure;
    }
    return std::nullopt;
  }

 private:
  struct Box {
    uint64_t sent = 0, asked = 0;
    std::map<uint64_t, std::vector<unsigned char>> letters;
  };
  std::mutex mutex_;
  std::map<Key, Box> boxes_;
  std::vector<std::optional<Departure>> departures_;
  std::optional<int> first_;
};

class Sent final : public Transfer {
 public:
  bool done() override { return true; }
};

class Awaited final : public Transfer {
 public:
  Awaited(std::shared_ptr<Mailboxes> boxes, const Mailboxes::Key& key, std::span<unsigned char> to)
      : boxes_(std::move(boxes)), key_(key), to_(to), ticket_(boxes_->ticket(key)) {}
  bool done() override {
    if (!done_) done_ = boxes_->take(key_, ticket_, to_);
    return done_;
  }

 private:
  std::shared_ptr<Mailboxes> boxes_;
  Mailboxes::Key key_;
  std::span<unsigned char> to_;
  uint64_t ticket_;
  bool done_ = false;
};

class LocalCommunicator final : public Communicator {
 public:
  LocalCommunicator(std::shared_ptr<Mailboxes> boxes, int rank, int size)
      : boxes_(std::move(boxes)), rank_(rank), size_(size) {}

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  std::string name(int rank) const override { return "rank " + std::to_string(rank); }

  std::unique_ptr<Transfer> send(int to, uint32_t tag, std::span<const unsigned char> bytes,
                                 std::shared_ptr<const void> /*owner*/) override {
    stays();
    boxes_->put({rank_, to, tag}, bytes);
    return std::make_unique<Sent>();
  }
  std::unique_ptr<Transfer> receive(int from, uint32_t tag, std::span<unsigned char> bytes,
                                    std::shared_ptr<const void> /*owner*/) override {
    stays();
    return std::make_unique<Awaited>(boxes_, Mailboxes::Key{from, rank_, tag}, bytes);
  }
  bool sums() const override { return false; }
  std::unique_ptr<Transfer> sum(std::span<const float> /*values*/, std::span<float> /*to*/,
                                std::shared_ptr<const void> /*owner*/) override {
    throw Error(ErrorCode::kUsage, "ranks of one process have no sum of their own");
  }
  std::optional<Departure> departed() override { return boxes_->departed(rank_); }
  bool gone(int rank) override { return boxes_->left(rank); }
  void give_up(const std::string& reason, int about) noexcept override {
    try {
      boxes_->leave({rank_, reason, about});
    } catch (...) {  // without memory for the words, the others' timeout tells
    }
  }

 private:
  void stays() {
    if (boxes_->left(rank_)) throw Error(ErrorCode::kRuntime, name(rank_) + " has given up");
  }

  std::shared_ptr<Mailboxes> boxes_;
  int rank_, size_;
};

}  // namespace

std::vector<std::shared_ptr<Communicator>> local_communicators(int n) {
  if (n < 1) throw Error(ErrorCode::kUsage, "a group has at least one rank");
  const auto boxes = std::make_shared<Mailboxes>(n);
  std::vector<std::shared_ptr<Communicator>> group;
  group.reserve(static_cast<size_t>(n));
  for (int rank = 0; rank < n; ++rank) group.push_back(std::make_shared<LocalCommunicator>(boxes, rank, n));
  return group;
}

}  // namespace sateen
