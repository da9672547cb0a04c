// A problem that a small network learns in seconds, and that network.
#pragma once

#include <cstdint>
#include <vector>

#include "sateen/data.hpp"
#include "sateen/model.hpp"
#include "sateen/random.hpp"

inline constexpr uint32_t kImages = 330;

/// Bright squares in one of four corners of a noisy 8×8 picture; the corner is the class.
inline sateen::Dataset corners() {
  sateen::RandomStream random(5, 99);
  std::vector<uint8_t> images(kImages * 64), labels(kImages);
  for (uint32_t i = 0; i < kImages; ++i) {
    labels[i] = static_cast<uint8_t>(random.below(4));
    const uint32_t top = labels[i] / 2 * 4, left = labels[i] % 2 * 4;
    for (uint32_t y = 0; y < 8; ++y) {
      for (uint32_t x = 0; x < 8; ++x) {
        const bool bright = y >= top && y < top + 4 && x >= left && x < left + 4;
        images[i * 64 + y * 8 + x] = static_cast<uint8_t>(random.below(100) + (bright ? 100 : 0));
      }
    }
  }
  return {{8, 8, 1}, images, labels, {"a", "b", "c", "d"}};
}

inline sateen::Sequential small_network() {
  sateen::Sequential model({8, 8, 1});
  model.add(sateen::Conv2D(5)).add(sateen::LeakyReLU()).add(sateen::MaxPool2D()).add(sateen::Dropout(0.1));
  model.add(sateen::Flatten()).add(sateen::Dense(4));
  model.initialise(1);
  return model;
}

/// One with running statistics.
inline sateen::Sequential normalised_network() {
  sateen::Sequential model({8, 8, 1});
  model.add(sateen::Conv2D(5))
      .add(sateen::LeakyReLU())
      .add(sateen::BatchNorm())
      .add(sateen::MaxPool2D())
      .add(sateen::Flatten())
      .add(sateen::Dense(4));
  model.initialise(1);
  return model;
}
