// A file's bytes from front to back, unpacked where it is gzip.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

#include <zlib.h>

#include "io/input_file.hpp"

namespace sateen {

/// Needs no memory for more than a window, so a bomb costs nothing: the reader stops when it has what it wants.
/// Errors are Error(kBadInput) without the path.
class Unpacker {
 public:
  explicit Unpacker(const std::filesystem::path& path);
  Unpacker(const Unpacker&) = delete;  // zlib knows the address of its stream
  Unpacker& operator=(const Unpacker&) = delete;

  /// Fills dst, or throws because the file ends before.
  void read(std::span<uint8_t> dst);
  /// At most so many bytes can still come: what is left of a plain file, what deflate can make of a packed one.
  uint64_t most_left() const;
  /// Throws if there is more, or if gzip's checksum is wrong.
  void expect_end();

 private:
  struct EndInflate {
    void operator()(z_stream* stream) const { inflateEnd(stream); }
  };

  void refill();
  /// One call of inflate; how many bytes it gave.
  size_t inflate_some(std::span<uint8_t> dst);

  InputFile file_;
  uint64_t read_ = 0;  ///< bytes of the file that were read
  std::array<uint8_t, 65536> input_{};
  std::span<uint8_t> pending_;  ///< in input_, not yet used
  z_stream stream_{};
  std::unique_ptr<z_stream, EndInflate> inflating_;  ///< set for gzip
  bool ended_ = false;                               ///< the gzip member is complete
};

}  // namespace sateen
