// What a garment lies on, judged by the border of the picture.
#pragma once

#include "sateen/image.hpp"

namespace sateen {

/// The even surface behind a garment.
struct Ground {
  int level = 0;      ///< grey
  double unrest = 0;  ///< standard deviation of its pixels
  double share = 1;   ///< of the border that is ground, 0 to 1
};

/// By the commonest level of the border: at least one pixel wide, a fiftieth of the shorter side in larger pictures.
Ground find_ground(const GrayImage& image);

/// The level that a share of the outermost pixels stays at or below: 0.25 gives the lower quartile.
int border_quantile(const GrayImage& image, double share);

}  // namespace sateen
