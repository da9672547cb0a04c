// XXH3-64: finds damage, not malice.
#pragma once

#include <cstdint>
#include <memory>
#include <new>

#include <xxhash.h>

#include "io/bytes.hpp"

namespace sateen {

inline uint64_t xxh3(Bytes bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

/// The same over bytes that come in parts.
class Xxh3 {
 public:
  Xxh3() : state_(XXH3_createState(), &XXH3_freeState) {
    if (!state_) throw std::bad_alloc();
    XXH3_64bits_reset(state_.get());
  }
  void update(Bytes bytes) { XXH3_64bits_update(state_.get(), bytes.data(), bytes.size()); }
  uint64_t digest() const { return XXH3_64bits_digest(state_.get()); }

 private:
  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state_;
};

}  // namespace sateen
