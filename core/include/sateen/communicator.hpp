// What the ranks of a data-parallel training need of each other: messages between any two of them, and to know who has
// gone. sateen::mpi implements it with MPI; local_communicators joins threads of one process.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sateen/cancel.hpp"
#include "sateen/error.hpp"
#include "sateen/export.hpp"

namespace SATEEN_PUBLIC sateen {

/// A message under way. Destroying it doesn't end it.
class Transfer {
 public:
  virtual ~Transfer() = default;
  /// Whether the bytes have been sent, or are there; does not wait. Throws Error(kRuntime) where that can't happen any
  /// more.
  virtual bool done() = 0;
};

/// A rank that takes no part any more.
struct Departure {
  int rank = 0;        ///< whose
  std::string reason;  ///< in its own words, or empty where it went without any
  int about = -1;      ///< another rank, whose absence is its reason; -1: the reason is its own
};

/// What all ranks of a group throw alike, since they know the same: nobody need be told.
class GroupError : public Error {
 public:
  using Error::Error;
};

/// What every rank throws that waits for one that has gone, gave up, or has not been heard of for too long.
class RankError : public Error {
 public:
  /// How a rank came to know.
  enum class By : uint8_t {
    kItself,   ///< that rank has said so
    kAnother,  ///< another rank has
    kNobody,   ///< it wasn't there
    kStop,     ///< it wasn't there soon after this one was told to stop, and may have been busy
  };
  /// message: what() is to be. rank: the one that it is about, or -1. teller: the rank that has said so, or -1.
  RankError(int rank, const std::string& message, By by, int teller = -1)
      : Error(ErrorCode::kRuntime, message), rank_(rank), teller_(teller), by_(by) {}
  /// Whose absence it is; -1: it isn't known.
  int rank() const noexcept { return rank_; }
  /// Who has told of it; -1: nobody, this rank has seen it.
  int teller() const noexcept { return teller_; }
  /// How this rank came to know.
  By by() const noexcept { return by_; }

 private:
  int rank_, teller_;
  By by_;
};

/// One rank of a group. One thread at a time, but for departed, gone and give_up. Ranks are numbered from 0; rank 0 leads: what it has is
/// taken where all need the same, and it writes files.
class Communicator {
 public:
  virtual ~Communicator() = default;

  /// This one's number, below size().
  virtual int rank() const = 0;
  /// How many there are, at least 1.
  virtual int size() const = 0;
  /// Of a rank, for people: "rank 2 on node7".
  virtual std::string name(int rank) const = 0;

  /// Sends bytes to another rank. tag: below 2¹⁵; messages of one sender with one tag arrive in order. owner: kept for as
  /// long as the bytes are needed, which they stay without it only while the transfer is not done().
  virtual std::unique_ptr<Transfer> send(int to, uint32_t tag, std::span<const unsigned char> bytes,
                                         std::shared_ptr<const void> owner) = 0;
  /// Receives exactly as many bytes as the sender sends with this tag. owner: as above.
  virtual std::unique_ptr<Transfer> receive(int from, uint32_t tag, std::span<unsigned char> bytes,
                                            std::shared_ptr<const void> owner) = 0;
  /// Whether sum() may be called.
  virtual bool sums() const = 0;
  /// Adds up the values of all ranks, in an order of its own, and gives all the same in `to`, which is as large as
  /// `values` and not the same memory. All ranks call it in the same order, with as many values. owner: as above, of both.
  virtual std::unique_ptr<Transfer> sum(std::span<const float> values, std::span<float> to,
                                        std::shared_ptr<const void> owner) = 0;

  /// Another rank that gave up, or is known to be gone; asked now and then while something is waited for.
  virtual std::optional<Departure> departed() = 0;
  /// Whether a rank takes no part any more, as far as it is known.
  virtual bool gone(int rank) = 0;
  /// Tells all others why this rank takes no part any more. about: the rank whose absence is the reason, if one's is. It
  /// sends and receives nothing afterwards: Error(kRuntime).
  virtual void give_up(const std::string& reason, int about = -1) noexcept = 0;
};

/// The ranks of a group in this process, one for each thread that trains. n ≥ 1; otherwise Error(kUsage).
std::vector<std::shared_ptr<Communicator>> local_communicators(int n);

/// How gradients are added.
enum class Reduction : uint8_t {
  kOrdered,  ///< in the order of ranks: as many ranks give the same bytes
  kSum,      ///< by Communicator::sum where there is one, in its order
};

/// How a Trainer works with those of other ranks. Nothing here but `reduction` and `half` shapes the result. All ranks
/// have the same.
struct ParallelOptions {
  Reduction reduction = Reduction::kOrdered;  ///< of gradients
  bool half = false;                   ///< gradients travel as IEEE half with a scale for each piece; kOrdered only
  uint64_t bucket_bytes = 256 * 1024;  ///< gradients travel once there are so many of them, at least 1
  double timeout = 120;    ///< seconds without a word from a rank that is waited for, until the training ends
  double slow_factor = 2;  ///< a rank is reported whose steps take so many times the median of all, above 1
  CancelToken stop = {};   ///< once it is used, ranks that don't answer are not waited for much longer
  /// What must be alike on all ranks besides what the trainer looks at: a name for people and a value for each.
  std::vector<std::pair<std::string, std::string>> alike = {};
};

/// Gives all ranks rank 0's bytes, whatever the others have. Every rank calls it.
void broadcast(Communicator& group, std::vector<unsigned char>& bytes, const ParallelOptions& options = {});

/// Gives all ranks every rank's text, in the order of ranks: its first `most` bytes, of which none is NUL. Every rank
/// calls it, with the same `most`.
std::vector<std::string> gather_texts(Communicator& group, std::string own, size_t most,
                                      const ParallelOptions& options = {});

}  // namespace sateen
