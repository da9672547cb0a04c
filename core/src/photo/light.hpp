// Light that falls off across a picture, evened out by what it does to the border.
#pragma once

#include "sateen/image.hpp"

namespace sateen {

/// Makes the ground of a picture in slanting light as light everywhere as where it is lightest. False: it stays to the
/// byte, as its ground is even, or no plane.
bool even_light(GrayImage& image);

}  // namespace sateen
