// Predictions as text and as JSON.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sateen::app {

/// A class with its probability.
struct Prediction {
  int index = 0;
  std::string label;
  float probability = 0;
};

/// All classes, most probable first, ties by index. Labels that are missing become the index.
std::vector<Prediction> ranked(std::span<const float> probabilities, const std::vector<std::string>& class_names);

/// "coat.png: Coat 93.1 %  (Pullover 4.0 %, Shirt 2.7 %)"
std::string as_text(std::string_view file, std::span<const Prediction> predictions);

/// {"file":…,"predictions":[{"index":…,"label":…,"probability":…},…]} in one line. A name that is not UTF-8 gets
/// replacement characters.
std::string as_json(std::string_view file, std::span<const Prediction> predictions);

}  // namespace sateen::app
