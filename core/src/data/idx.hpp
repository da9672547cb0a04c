// IDX: the format that MNIST and its relatives come in, plain or gzip.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace sateen {

/// An IDX file of bytes, the only type that is read.
struct IdxFile {
  std::vector<uint32_t> dims;
  std::vector<uint8_t> values;
  uint64_t hash = 0;  ///< XXH3-64 of the whole file, unpacked
};

/// Reads an IDX file of bytes with this many dims. Gzip is known by its first bytes, not by the name. Its size is
/// judged by its header before memory is taken. Throws Error(kBadInput) without the path: see naming_file.
IdxFile read_idx(const std::filesystem::path& path, size_t rank);

}  // namespace sateen
