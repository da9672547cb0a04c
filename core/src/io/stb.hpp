// The border to the stb libraries. Their code lies in stb.cpp alone and shows no symbol.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <vector>

#include "io/bytes.hpp"

namespace sateen {

struct FreeDeleter {
  void operator()(void* memory) const { std::free(memory); }
};
using MallocBytes = std::unique_ptr<uint8_t[], FreeDeleter>;

/// Eight-bit samples as decoded: 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha.
struct StbImage {
  int width = 0, height = 0, channels = 0;
  MallocBytes samples;
};

/// What the header says. Nothing is decoded.
struct StbInfo {
  int width = 0, height = 0, channels = 0, bytes_per_sample = 1;
};

/// PNG, JPEG or BMP. Thread-safe. Throw Error(kBadInput) with the decoder's reason.
StbInfo stb_info(Bytes file);
StbImage stb_decode(Bytes file);

/// Grey to another size: area-filtered along an axis that shrinks, bicubic along one that grows.
std::vector<uint8_t> stb_resize(Bytes gray, int width, int height, int new_width, int new_height);

/// A grey picture as a PNG file.
std::vector<uint8_t> stb_encode_png(Bytes gray, int width, int height);

}  // namespace sateen
