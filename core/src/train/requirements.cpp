// What a training must be, so that it can begin.
#include "train/requirements.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "model/wrong_values.hpp"
#include "sateen/error.hpp"

namespace sateen {

namespace {

/// As the device sees it: 1e-60 is 0 there.
bool positive(double value) {
  return std::isfinite(static_cast<float>(value)) && static_cast<float>(value) > 0;
}

}  // namespace

void require(bool condition, const std::string& otherwise) {
  if (!condition) throw Error(ErrorCode::kUsage, otherwise);
}

void check_training(const Sequential& model, const Dataset& data, const Split& split, const TrainOptions& options) {
  require(model.input_shape() == data.sample_shape(), "the model takes images of " + model.input_shape().to_string() +
                                                          ", the data set has " + data.sample_shape().to_string());
  const auto classes = static_cast<int64_t>(data.class_names().size());
  require(model.output_shape() == Shape{classes}, "the model gives " + model.output_shape().to_string() +
                                                      " values, the data set has " + std::to_string(classes) +
                                                      " classes");
  require(std::any_of(model.weights().begin(), model.weights().end(), [](float w) { return w != 0.0F; }),
          "all weights are zero, so that nothing can be learnt; call the model's initialise(seed) first");
  require(!split.train.empty(), "there are no images to train on");
  const auto outside = [&](int32_t i) { return i < 0 || static_cast<uint32_t>(i) >= data.size(); };
  require(std::none_of(split.train.begin(), split.train.end(), outside) &&
              std::none_of(split.held_out.begin(), split.held_out.end(), outside),
          "the split names images that the data set does not have");
  require(options.batch_size >= 1, "the batch size is at least 1");
  require(static_cast<uint64_t>(options.batch_size) <= split.train.size(),
          "a batch of " + std::to_string(options.batch_size) + " is larger than the training set of " +
              std::to_string(split.train.size()) + " images");
  const Augmentation& augmentation = options.augmentation;
  if (augmentation.any()) {
    const Shape& image = model.input_shape();
    require(image.rank() == 3, "images of " + image.to_string() + " can't be augmented: they are not [y][x][channel]");
    require(augmentation.shift_pixels >= 0 && augmentation.shift_pixels < std::min(image[0], image[1]),
            "images of " + image.to_string() + " can't be shifted by " + std::to_string(augmentation.shift_pixels) +
                " pixels; give 0 up to less than their height and width");
  }
  const Adam& adam = options.adam;
  const auto decays = [](double v) { return v >= 0 && static_cast<float>(v) < 1; };
  check_rate(adam.learning_rate, options.plan);
  require(decays(adam.beta1) && decays(adam.beta2), "Adam's betas are from 0 to below 1 in f32");
  require(positive(adam.epsilon), "Adam's epsilon is a number above 0 that f32 can hold");
}

void check_parallel(const ParallelOptions& options) {
  require(options.bucket_bytes >= 1, "a bucket of gradients has at least one byte");
  require(std::isfinite(options.timeout) && options.timeout > 0, "ranks are waited for more than 0 s");
  require(std::isfinite(options.slow_factor) && options.slow_factor > 1, "a slow rank takes more than once the median");
  require(!options.half || options.reduction == Reduction::kOrdered,
          "gradients travel as halves only where they are added in the order of ranks");
}

void check_rate(double learning_rate, const TrainingPlan& plan) {
  require(positive(learning_rate), "the learning rate is a number above 0 that f32 can hold");
  require(plan.minimum_rate >= 0 && plan.minimum_rate <= learning_rate,
          "the lowest learning rate is from 0 to the one that the training begins with");
  const LearningRateSchedule& schedule = plan.schedule;
  require(schedule.kind != ScheduleKind::kCosine || schedule.epochs >= 1, "a cosine is over at least one epoch");
  require(schedule.step_epochs >= 1, "a step of the learning rate is of at least one epoch");
  const auto shrinks = [](double factor) { return factor > 0 && factor < 1; };
  require(shrinks(schedule.factor) && shrinks(plan.reduce.factor),
          "a learning rate is multiplied by a factor above 0 and below 1");
  require(plan.reduce.patience >= 0 && plan.early_stop.patience >= 0, "a patience is 0 or a number of epochs");
  const auto margin = [](double delta) { return std::isfinite(delta) && delta >= 0; };
  require(margin(plan.reduce.min_delta) && margin(plan.early_stop.min_delta),
          "the least change that counts is a number from 0 on");
}

void check_state(const TrainState& state, const Sequential& model, int64_t steps_per_epoch, uint64_t images) {
  constexpr int64_t kMostSteps = std::numeric_limits<int32_t>::max();
  require(state.epoch >= 0 && state.epoch <= kMostSteps / steps_per_epoch, "the state's epoch is out of range");
  require(state.step >= 0 && state.step <= steps_per_epoch, "the state is of a step that the epoch does not have");
  require(state.images == images, "the state's metrics are not of as many images as its steps have");
  require(std::isfinite(state.loss_sum) && state.correct >= 0 && state.correct <= static_cast<double>(images),
          "the state's metrics are not finite, or more is right than there are images");
  const auto usable = [&](const std::vector<float>& values) {
    return values.size() == model.parameter_count() &&
           std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
  };
  require(usable(state.adam_m) && usable(state.adam_v) &&
              std::none_of(state.adam_v.begin(), state.adam_v.end(), [](float value) { return value < 0; }),
          "the state's means are not those of this model");
  require(find_wrong(model, state.adam_m, is_idle_mean) == nullptr &&
              find_wrong(model, state.adam_v, is_idle_mean) == nullptr,
          "the state has means of what Adam does not move; those are zeros");
}

}  // namespace sateen
