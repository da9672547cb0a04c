// Predictions as text, CSV and JSON.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "predict/picture.hpp"

namespace sateen::app {

/// All classes, most probable first, ties by index. Labels that are missing become the index.
std::vector<Prediction> ranked(std::span<const float> probabilities, const std::vector<std::string>& class_names);

/// "coat.png: Coat 93.1 %  (Pullover 4.0 %, Shirt 2.7 %)"
std::string as_text(const Picture& picture, std::span<const Prediction> predictions);

/// {"file":…,"predictions":[{"index":…,"label":…,"probability":…},…],"preprocessing":[…],"unsure":[…]} in one line, with
/// "preprocessed" where the picture was saved. A name that is not UTF-8 gets replacement characters.
std::string as_json(const Picture& picture, std::span<const Prediction> predictions);

/// The columns of as_csv.
std::string csv_header();
/// A row for each class, with its rank from 1, each ended by a newline. Fields are quoted as in RFC 4180; bytes that are
/// not UTF-8 pass as they are.
std::string as_csv(const Picture& picture, std::span<const Prediction> predictions);

}  // namespace sateen::app
