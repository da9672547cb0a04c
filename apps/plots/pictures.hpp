// The pictures of a model and of its training.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "plots/answers.hpp"
#include "plots/script.hpp"
#include "sateen/data.hpp"
#include "sateen/model.hpp"
#include "sateen/train.hpp"

namespace sateen::app {

/// The names of a run's pictures, as files have them.
inline constexpr const char* kPictureNames[] = {"curves", "confusion", "predictions", "most-wrong", "filters"};

/// Loss and accuracy, of the training and of the held-out images, epoch by epoch. There is one epoch at least. best: its
/// number.
Picture curves(std::span<const EpochRecord> history, std::optional<int64_t> best);

/// What images are, by row, and what the model says, by column. of: the images, in words: "10,000 test images".
Picture confusion(const Evaluation& evaluation, std::span<const std::string> class_names, const std::string& of);

/// The first of the answers, each beside its image, right and wrong ones marked.
Picture predictions(const Answers& answers, const Dataset& data, const std::string& of);

/// The wrong answers of which the model is surest.
Picture most_wrong(const Answers& answers, const Dataset& data, const std::string& of);

/// The first images of each class, with its name. of: the images, in words: "training images".
Picture images(const Dataset& data, const std::string& of);

/// The weights of the first layer, where that is a convolution whose filters have up to 110 pixels a side.
std::optional<Picture> filters(const Sequential& model);

/// All of a model, without its training. of: the images.
std::vector<Picture> pictures_of(const Sequential& model, const Answers& answers, const Dataset& data,
                                 const std::string& of);

}  // namespace sateen::app
