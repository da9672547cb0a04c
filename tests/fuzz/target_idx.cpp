// IDX files, plain and gzip, as images and as labels, from a file in memory.
#include <zlib.h>

#include "data/idx.hpp"
#include "idx_forge.hpp"
#include "memory_file.hpp"
#include "sateen/error.hpp"
#include "target.hpp"

namespace sateen::fuzz {

namespace {

constexpr size_t kGzipHeader = 10, kGzipTrailer = 8, kMostUnpacked = 4096;

bool is_gzip(Bytes file) {
  return file.size() >= kGzipHeader && file[0] == 0x1F && file[1] == 0x8B;
}

/// The result of a look at a gzip file whose header has no extra parts.
struct Unpacked {
  Input bytes;
  size_t packed_end = 0;  ///< where the trailer begins
  bool whole = false;     ///< the packed data has an end
};

Unpacked unpack(Bytes file) {
  Unpacked result;
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  Input packed(file.begin() + kGzipHeader, file.end());
  result.bytes.resize(kMostUnpacked);
  stream.next_in = packed.data();
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = result.bytes.data();
  stream.avail_out = kMostUnpacked;
  result.whole = inflate(&stream, Z_FINISH) == Z_STREAM_END;
  result.bytes.resize(stream.total_out);
  result.packed_end = kGzipHeader + stream.total_in;
  inflateEnd(&stream);
  return result;
}

Input trailer_of(const Input& bytes) {
  Input trailer(kGzipTrailer);
  store_le(std::span(trailer), 0, static_cast<uint32_t>(crc32(0, bytes.data(), static_cast<uInt>(bytes.size()))));
  store_le(std::span(trailer), 4, static_cast<uint32_t>(bytes.size()));
  return trailer;
}

/// gzip's checksum; a plain file has none.
bool has_right_checksum(Bytes file) {
  if (!is_gzip(file)) return true;
  const Unpacked unpacked = unpack(file);
  if (!unpacked.whole || file.size() < unpacked.packed_end + kGzipTrailer) return false;
  const Bytes trailer = file.subspan(unpacked.packed_end, kGzipTrailer);
  const Input right = trailer_of(unpacked.bytes);
  return std::equal(right.begin(), right.end(), trailer.begin());
}

}  // namespace

Outcome try_input(Bytes input) {
  static MemoryFile file;
  file.set(input);
  for (const size_t rank : {size_t{3}, size_t{1}}) {
    try {
      const IdxFile idx = read_idx(file.path(), rank);
      size_t count = 1;
      for (const uint32_t dim : idx.dims) count *= dim;
      require(idx.dims.size() == rank && idx.values.size() == count, "as many values as the dims say");
      return Outcome::kAccepted;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kBadInput) throw;
    }
  }
  return has_right_checksum(input) ? Outcome::kPassed : Outcome::kRefused;
}

void mutate(Input& input, size_t most, uint32_t choice, const Change& change) {
  constexpr uint32_t kPackedCase = 0, kCases = 4;
  if (!is_gzip(input)) return change(input, most);
  if (choice % kCases == kPackedCase) {  // the packed data as it comes, with the checksum of what it gives
    change(input, most);
    if (!is_gzip(input)) return;
    const Unpacked unpacked = unpack(input);
    if (!unpacked.whole) return;
    input.resize(unpacked.packed_end);
    const Input trailer = trailer_of(unpacked.bytes);
    input.insert(input.end(), trailer.begin(), trailer.end());
  } else {
    Input bytes = unpack(input).bytes;
    change(bytes, kMostUnpacked);
    input = gzip(bytes);
  }
}

std::vector<Input> seeds() {
  const Input images = idx({2, 2, 3}, Input(12, 7)), labels = idx({5}, {0, 1, 2, 3, 9});
  return {images,
          labels,
          gzip(images),
          gzip(labels),
          gzip(idx({1, 28, 28}, Input(784, 200))),
          idx({0, 28, 28}, {}),
          idx({0xFFFFFFFF, 28, 28}, {})};
}

}  // namespace sateen::fuzz
