// How training images are augmented, in the words of --augment.
#pragma once

#include <string>

#include "sateen/train.hpp"

namespace sateen::app {

constexpr Augmentation kUsualAugmentation = {2, true};
constexpr int32_t kMostShift = 8;

/// "mirror", "shift" or "shift=N", with commas between them, or "none". Throws Error(kUsage), naming the option and
/// what it takes.
Augmentation read_augmentation(const std::string& words);

/// As it is read: "mirror,shift=2", or "none".
std::string augmentation_text(const Augmentation& augmentation);

}  // namespace sateen::app
