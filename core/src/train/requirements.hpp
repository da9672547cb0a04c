// What a training must be, so that it can begin.
#pragma once

#include <string>

#include "sateen/train.hpp"

namespace sateen {

/// Throws Error(kUsage) with these words unless the condition holds.
void require(bool condition, const std::string& otherwise);

/// Throws Error(kUsage) when model, data, split and options don't fit each other.
void check_training(const Sequential& model, const Dataset& data, const Split& split, const TrainOptions& options);

/// Throws Error(kUsage) when a training can't begin with this rate, or the plan is out of range.
void check_parallel(const ParallelOptions& options);
void check_rate(double learning_rate, const TrainingPlan& plan);

/// Throws Error(kUsage) when this state is none of a training of this model with so many images in so many steps an
/// epoch; images: how many are in the state's steps.
void check_state(const TrainState& state, const Sequential& model, int64_t steps_per_epoch, uint64_t images);

}  // namespace sateen
