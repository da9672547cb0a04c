// A frame around a picture: bars of one level, as scans, screenshots and letterboxes have them.
#pragma once

#include "photo/garment.hpp"

namespace sateen {

/// The pixels of a box, which lies in the picture.
GrayImage cut(const GrayImage& image, const Box& box);

/// What is inside the frame; the whole picture where there is none. A frame's bars are the outermost lines of a side, as
/// far as they have one level and up to a third of the picture. Inside of them, all along, is another level.
Box inside_frame(const GrayImage& image);

/// Whether what stands out may be a picture in a frame: a rectangle that fills most of the picture, and most of whose
/// outline stands out.
bool looks_framed(const GrayImage& image, const Ground& ground, const Box& box);

}  // namespace sateen
