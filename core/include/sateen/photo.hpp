// People's photos, made into what the network was trained on: one garment, light on black, as large as the input allows.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "sateen/export.hpp"
#include "sateen/image.hpp"

namespace SATEEN_PUBLIC sateen {

/// A decoded picture, upright, in grey: luma by Rec. 601.
struct Photo {
  int width = 0;               ///< pixels
  int height = 0;              ///< pixels
  std::vector<uint8_t> gray;   ///< rows from the top; colours as stored, also where a pixel is transparent
  std::vector<uint8_t> alpha;  ///< 255 is opaque; empty where every pixel is
  bool colored = false;        ///< it was in colour
  int orientation = 1;         ///< EXIF's, 1 to 8, as stored; the pixels here are upright already
};

/// Reads what load_image reads, within the same limits, with the same errors.
Photo load_photo(const std::filesystem::path& path);

/// Whether dark and light are exchanged.
enum class Inversion {
  kAuto,  ///< where the border says that the ground is light
  kYes,   ///< always
  kNo,    ///< never
};

/// What prepare() is to make of a photo.
struct PhotoOptions {
  int width = 28;                          ///< of the result in pixels, 1 to 8192
  int height = 28;                         ///< likewise
  Inversion inversion = Inversion::kAuto;  ///< the network knows light garments on black
};

/// A photo as the network gets it.
struct PreparedPhoto {
  GrayImage image;                  ///< of the size asked for
  std::vector<std::string> steps;   ///< what was done, in order, for people: "trimmed from 640x480 to 210x300"
  std::vector<std::string> doubts;  ///< why the result may be wrong; empty: none
};

/// A picture that has the size asked for and no transparent pixel keeps every pixel; kAuto inverts it where more than
/// three quarters of its border are brighter than 127. Of any other picture:
/// - Where the border's levels are a plane rather than a constant, the light is evened: pixels are divided by the plane.
/// - Bars of one level along its sides, a frame, are left out where a garment stands out inside.
/// - The ground is the commonest level of the border. Where half of the border is transparent, the picture is laid on
///   white, as the photos of Fashion-MNIST were; on black where what can be seen is very light (205 on average or more).
/// - The garment is what differs from the ground by more than the ground's own unrest and by more than a fifth of its
///   strongest difference; specks are left out. It is cut out by its bounding box, its longest side becomes that of the
///   result, and it is centred.
/// - kAuto inverts where the garment is mostly darker than the ground.
/// - The ground's level becomes 0. The result is sharpened and stretched until its brightest twentieth begin at 230, as
///   the pictures of Fashion-MNIST are.
/// A pure function. Throws Error(kUsage) for sizes that are none.
PreparedPhoto prepare(const Photo& photo, const PhotoOptions& options = {});

}  // namespace sateen
