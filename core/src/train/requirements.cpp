// What a training must be, so that it can begin.
#include "train/requirements.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sateen/error.hpp"

namespace sateen {

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
  // As the device sees them: 1e-60 is 0 there.
  const auto positive = [](double v) { return std::isfinite(static_cast<float>(v)) && static_cast<float>(v) > 0; };
  const auto decays = [](double v) { return v >= 0 && static_cast<float>(v) < 1; };
  require(positive(adam.learning_rate), "the learning rate is a number above 0 that f32 can hold");
  require(decays(adam.beta1) && decays(adam.beta2), "Adam's betas are from 0 to below 1 in f32");
  require(positive(adam.epsilon), "Adam's epsilon is a number above 0 that f32 can hold");
}

void check_state(const TrainState& state, const Sequential& model, int64_t steps_per_epoch, uint64_t images) {
  constexpr int64_t kMostSteps = std::numeric_limits<int32_t>::max();
  require(state.epoch >= 0 && state.epoch <= kMostSteps / steps_per_epoch, "the state's epoch is out of range");
  require(state.step >= 0 && state.step <= steps_per_epoch, "the state is of a step that the epoch does not have");
  require(state.images == images, "the state's metrics are not of as many images as its steps have");
  require(std::isfinite(state.loss_sum) && state.correct >= 0 && state.correct <= static_cast<double>(images) &&
              state.best_loss > -std::numeric_limits<double>::infinity(),
          "the state's metrics are not finite, or more is right than there are images");
  const auto usable = [&](const std::vector<float>& values) {
    return values.size() == model.parameter_count() &&
           std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
  };
  require(usable(state.adam_m) && usable(state.adam_v) &&
              std::none_of(state.adam_v.begin(), state.adam_v.end(), [](float value) { return value < 0; }),
          "the state's means are not those of this model");
}

}  // namespace sateen
