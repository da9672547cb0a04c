// Where the garment is in a picture.
#pragma once

#include <cstdint>
#include <vector>

#include "photo/ground.hpp"

namespace sateen {

struct Box {
  int x = 0, y = 0, width = 0, height = 0;
};

/// What stands out from the ground. Without any pixel, box is empty.
struct Garment {
  Box box;
  double darker = 0;    ///< share of its pixels that are darker than the ground
  double contrast = 0;  ///< mean distance of its pixels from the ground
  bool empty() const { return box.width == 0; }
};

/// One byte a pixel: 1 where it differs from the ground by more than the ground's unrest.
std::vector<uint8_t> differing(const GrayImage& image, const Ground& ground);

/// The garment is the mask's connected parts, but those that are under a fiftieth of the largest: specks, dust, noise.
Garment find_garment(const GrayImage& image, const Ground& ground, std::vector<uint8_t> mask);

}  // namespace sateen
