// Predictions as text and as JSON.
#include "predict/format.hpp"

#include <algorithm>
#include <cstdint>
#include <map>

#include <nlohmann/json.hpp>

#include "common/numbers.hpp"
#include "common/text.hpp"

namespace sateen::app {
namespace {

// Keys in the order given, and float's own shortest digits.
using Json = nlohmann::basic_json<nlohmann::ordered_map, std::vector, std::string, bool, int64_t, uint64_t, float>;

std::string share(const Prediction& prediction) {
  return one_line(prediction.label) + " " + fixed(static_cast<double>(prediction.probability) * 100, 1) + " %";
}

}  // namespace

std::vector<Prediction> ranked(std::span<const float> probabilities, const std::vector<std::string>& class_names) {
  std::vector<Prediction> predictions;
  predictions.reserve(probabilities.size());
  for (size_t i = 0; i < probabilities.size(); ++i) {
    const std::string label = i < class_names.size() ? class_names[i] : std::to_string(i);
    predictions.push_back({static_cast<int>(i), label, probabilities[i]});
  }
  std::stable_sort(predictions.begin(), predictions.end(),
                   [](const Prediction& a, const Prediction& b) { return a.probability > b.probability; });
  return predictions;
}

std::string as_text(std::string_view file, std::span<const Prediction> predictions) {
  constexpr size_t kNext = 2;
  std::string line = one_line(file) + ": " + share(predictions.front());
  for (size_t i = 1; i < predictions.size() && i <= kNext; ++i) {
    line += (i == 1 ? "  (" : ", ") + share(predictions[i]);
  }
  if (predictions.size() > 1) line += ')';
  return line;
}

std::string as_json(std::string_view file, std::span<const Prediction> predictions) {
  Json list = Json::array();
  for (const Prediction& prediction : predictions) {
    list.push_back({{"index", prediction.index}, {"label", prediction.label}, {"probability", prediction.probability}});
  }
  const Json entry = {{"file", file}, {"predictions", std::move(list)}};
  return entry.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace sateen::app
