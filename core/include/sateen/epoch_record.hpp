// What an epoch gave: the numbers by which a training is watched.
#pragma once

#include <cstdint>

#include "sateen/export.hpp"

namespace SATEEN_PUBLIC sateen {

/// Means over some images. In training they are running means with dropout on and the weights still moving, as Keras
/// reports them.
struct Metrics {
  double loss = 0;      ///< mean cross-entropy, in nats
  double accuracy = 0;  ///< 0 to 1
  uint64_t images = 0;  ///< how many they were taken over
};

/// One row of history.csv.
struct EpochRecord {
  int64_t epoch = 0;             ///< from 1
  Metrics train;                 ///< of its steps
  Metrics held_out;              ///< images = 0 when nothing is held out
  double learning_rate = 0;      ///< of its steps, without Adam's bias correction
  double seconds = 0;            ///< of training and evaluation
  double images_per_second = 0;  ///< training images over the seconds of training alone
  bool best = false;             ///< by the plan's monitor, of the epochs so far; the first wins
};

}  // namespace sateen
