// IDX: two zero bytes, a type, a rank, big-endian dims, values.
#include "data/idx.hpp"

#include <array>
#include <string>

#include "data/unpacker.hpp"
#include "io/bytes.hpp"
#include "io/sniff.hpp"
#include "io/xxh3.hpp"
#include "sateen/checked.hpp"

namespace sateen {

namespace {

constexpr auto kBadInput = ErrorCode::kBadInput;
constexpr uint64_t kMaxValues = uint64_t{256} << 20;
constexpr uint8_t kTypeU8 = 0x08;
constexpr size_t kRankLabels = 1, kRankImages = 3;

[[noreturn]] void bad(const std::string& what) {
  throw Error(kBadInput, what);
}

/// What it is instead of an IDX file of this rank.
void check_magic(const std::array<uint8_t, 4>& magic, size_t rank) {
  if (magic[0] != 0 || magic[1] != 0) {
    const std::string_view format = known_format(magic);
    bad("is not an IDX file: its first bytes are wrong" +
        (format.empty() ? "" : "; it looks like " + std::string(format)));
  }
  if (magic[2] != kTypeU8) bad("is an IDX file of another type than bytes");
  if (rank == kRankImages && magic[3] == kRankLabels) bad("holds labels, not images; are the two files swapped?");
  if (rank == kRankLabels && magic[3] == kRankImages) bad("holds images, not labels; are the two files swapped?");
  if (magic[3] != rank) {
    bad("is an IDX file of " + std::to_string(magic[3]) + " dimensions instead of " + std::to_string(rank));
  }
}

}  // namespace

IdxFile read_idx(const std::filesystem::path& path, size_t rank) {
  Unpacker source(path);
  Xxh3 hash;
  std::array<uint8_t, 4> magic{};
  source.read(magic);
  check_magic(magic, rank);
  hash.update(magic);

  IdxFile file;
  std::vector<uint8_t> header(rank * sizeof(uint32_t));
  source.read(header);
  hash.update(header);
  uint64_t count = 1;
  for (size_t i = 0; i < rank; ++i) {
    file.dims.push_back(load_be<uint32_t>(header, i * sizeof(uint32_t)));
    count = checked_mul(count, file.dims.back(), "the number of values", kBadInput);
  }
  if (count == 0) bad("is empty: a dimension is 0");
  if (count > kMaxValues) bad("says that it holds more than 256 MiB; no such file is read");
  if (count > source.most_left()) {
    bad("is cut short or damaged: it says that it holds " + std::to_string(count) + " values; get it anew");
  }
  file.values.resize(count);
  source.read(file.values);
  hash.update(file.values);
  source.expect_end();
  file.hash = hash.digest();
  return file;
}

}  // namespace sateen
