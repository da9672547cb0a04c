// EXIF: how the camera was held.
#pragma once

#include "io/bytes.hpp"

namespace sateen {

/// The orientation, 1 to 8, in an EXIF block (TIFF, as in a JPEG's APP1 or a PNG's eXIf); 1 where there is none that makes
/// sense.
int exif_orientation(Bytes tiff);

}  // namespace sateen
