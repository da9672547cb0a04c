// How elementwise operations are cut.
#pragma once

#include <cstdint>

namespace sateen::cpu {

/// Elements of one task: a multiple of every vector's length and of Philox's four words.
constexpr int64_t kPiece = 16384;

}  // namespace sateen::cpu
