// How training images are augmented, in the words of --augment.
#pragma once

#include <string>

#include "sateen/train.hpp"

namespace sateen::app {

constexpr int32_t kUsualShift = 2;
constexpr int32_t kMostShift = 8;

/// "mirror", "shift" or "shift=N", separated by commas, or "none"; "" is all of it. Throws Error(kUsage), naming the option and what
/// it takes.
Augmentation read_augmentation(const std::string& words);

/// As it is read: "mirror,shift=2", or "none".
std::string augmentation_text(const Augmentation& augmentation);

}  // namespace sateen::app
