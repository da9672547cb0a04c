// A set of bytes as disjoint ranges in order.
#include "base/byte_ranges.hpp"

#include <algorithm>

namespace sateen {

void ByteRanges::add(ByteRange range) {
  if (range.begin >= range.end) return;
  const auto first = std::find_if(ranges_.begin(), ranges_.end(), [&](ByteRange r) { return r.end >= range.begin; });
  const auto last = std::find_if(first, ranges_.end(), [&](ByteRange r) { return r.begin > range.end; });
  if (first != last) range = {std::min(range.begin, first->begin), std::max(range.end, (last - 1)->end)};
  ranges_.insert(ranges_.erase(first, last), range);
}

void ByteRanges::remove(ByteRange range) {
  if (range.begin >= range.end) return;
  std::vector<ByteRange> left;
  for (const ByteRange r : ranges_) {
    if (r.begin < std::min(r.end, range.begin)) left.push_back({r.begin, std::min(r.end, range.begin)});
    if (std::max(r.begin, range.end) < r.end) left.push_back({std::max(r.begin, range.end), r.end});
  }
  ranges_ = std::move(left);
}

std::vector<ByteRange> ByteRanges::inside(ByteRange range) const {
  std::vector<ByteRange> parts;
  for (const ByteRange r : ranges_) {
    const ByteRange part{std::max(r.begin, range.begin), std::min(r.end, range.end)};
    if (part.begin < part.end) parts.push_back(part);
  }
  return parts;
}

std::vector<ByteRange> ByteRanges::missing(ByteRange range) const {
  std::vector<ByteRange> parts;
  for (const ByteRange r : inside(range)) {
    if (range.begin < r.begin) parts.push_back({range.begin, r.begin});
    range.begin = r.end;
  }
  if (range.begin < range.end) parts.push_back(range);
  return parts;
}

}  // namespace sateen
