// A file's bytes from front to back, unpacked where it is gzip.
#include "data/unpacker.hpp"

#include <algorithm>
#include <limits>
#include <new>

#include "sateen/error.hpp"

namespace sateen {

namespace {

constexpr int kGzipOnly = 16;
constexpr uint64_t kMostDeflateGrows = 1032;  // 258 bytes from 2 bits, zlib's "technical details"
constexpr uint64_t kNoMoreMatters = uint64_t{1} << 40;

[[noreturn]] void bad(const char* what) {
  throw Error(ErrorCode::kBadInput, what);
}

[[noreturn]] void bad_end() {
  bad("is cut short; get it anew");
}

}  // namespace

Unpacker::Unpacker(const std::filesystem::path& path) : file_(path) {
  if (file_.size() == 0) bad("is empty");
  refill();
  if (pending_.size() < 2 || pending_[0] != 0x1F || pending_[1] != 0x8B) return;
  if (inflateInit2(&stream_, kGzipOnly + MAX_WBITS) != Z_OK) throw std::bad_alloc();
  inflating_.reset(&stream_);
}

void Unpacker::refill() {
  const size_t n = file_.read_some(input_);
  read_ += n;
  pending_ = std::span(input_).first(n);
}

size_t Unpacker::inflate_some(std::span<uint8_t> dst) {
  if (pending_.empty()) refill();
  const size_t wanted = std::min<size_t>(dst.size(), std::numeric_limits<uInt>::max());
  stream_.next_in = pending_.data();
  stream_.avail_in = static_cast<uInt>(pending_.size());
  stream_.next_out = dst.data();
  stream_.avail_out = static_cast<uInt>(wanted);
  const int result = inflate(&stream_, Z_NO_FLUSH);
  pending_ = pending_.last(stream_.avail_in);
  if (result == Z_MEM_ERROR) throw std::bad_alloc();
  if (result == Z_BUF_ERROR) bad_end();  // no progress: the file ended
  if (result != Z_OK && result != Z_STREAM_END) bad("is damaged: its gzip data or checksum is wrong; get it anew");
  ended_ = result == Z_STREAM_END;
  return wanted - stream_.avail_out;
}

void Unpacker::read(std::span<uint8_t> dst) {
  while (inflating_ && !dst.empty()) {
    if (ended_) bad_end();
    dst = dst.subspan(inflate_some(dst));
  }
  while (!dst.empty()) {
    if (pending_.empty()) refill();
    if (pending_.empty()) bad_end();
    const size_t n = std::min(dst.size(), pending_.size());
    std::copy_n(pending_.begin(), n, dst.begin());
    pending_ = pending_.subspan(n);
    dst = dst.subspan(n);
  }
}

uint64_t Unpacker::most_left() const {
  const uint64_t left = std::max(file_.size(), read_) - read_ + pending_.size();
  return inflating_ ? (std::min(left, kNoMoreMatters) + sizeof(uint64_t)) * kMostDeflateGrows : left;
}

void Unpacker::expect_end() {
  // What is left of a gzip member is its trailer, which gives nothing.
  while (inflating_ && !ended_) {
    uint8_t extra = 0;
    if (inflate_some({&extra, 1}) != 0) bad("has more values than it says; get it anew");
  }
  if (pending_.empty()) refill();
  if (!pending_.empty()) bad("has bytes behind its end; get it anew");
}

}  // namespace sateen
