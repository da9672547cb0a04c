// What a model says about labelled images.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sateen/data.hpp"
#include "sateen/evaluation.hpp"
#include "sateen/predict.hpp"

namespace sateen::app {

/// What it says about one.
struct Answer {
  uint32_t image = 0;  ///< of the data set
  uint8_t truth = 0, said = 0;
  float probability = 0;  ///< of what it says
};

struct Answers {
  Evaluation evaluation;
  std::vector<Answer> all;  ///< in the order in which they were asked for
};

/// Asks about these images; nothing comes of it where stop() says true meanwhile. batch: the predictor's. path: of the model, for Error(kBadInput) where its probabilities aren't
/// finite.
std::optional<Answers> ask(Predictor& predictor, const Dataset& data, std::span<const uint32_t> images, uint32_t batch,
                           const std::string& path, const std::function<bool()>& stop);

}  // namespace sateen::app
