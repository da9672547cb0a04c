// A set of bytes as disjoint ranges in order: which parts of a buffer are meant.
#pragma once

#include <cstdint>
#include <vector>

namespace sateen {

/// Bytes from begin to before end.
struct ByteRange {
  uint64_t begin = 0, end = 0;
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

class ByteRanges {
 public:
  ByteRanges() = default;
  explicit ByteRanges(ByteRange range) { add(range); }

  void add(ByteRange range);
  void remove(ByteRange range);
  /// The parts of a range that are in the set, in order.
  std::vector<ByteRange> inside(ByteRange range) const;
  /// Those that are not.
  std::vector<ByteRange> missing(ByteRange range) const;
  const std::vector<ByteRange>& all() const { return ranges_; }

 private:
  std::vector<ByteRange> ranges_;  // not empty, with a gap between each and the next
};

}  // namespace sateen
