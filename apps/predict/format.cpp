// Predictions as text, CSV and JSON.
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

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string field = "\"";
  for (const char c : text) {
    if (c == '"') field += '"';
    field += c;
  }
  return field + '"';
}

std::string probability_text(float probability) {
  return Json(probability).dump();
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

std::string as_text(const Picture& picture, std::span<const Prediction> predictions) {
  std::string line = one_line(picture.file) + ": " + share(predictions.front());
  for (size_t i = 1; i < predictions.size(); ++i) line += (i == 1 ? "  (" : ", ") + share(predictions[i]);
  if (predictions.size() > 1) line += ')';
  if (!picture.prepared.doubts.empty()) line += "  unsure";
  return line;
}

std::string as_json(const Picture& picture, std::span<const Prediction> predictions) {
  Json list = Json::array();
  for (const Prediction& prediction : predictions) {
    list.push_back({{"index", prediction.index}, {"label", prediction.label}, {"probability", prediction.probability}});
  }
  Json entry = {{"file", picture.file},
                {"predictions", std::move(list)},
                {"preprocessing", picture.prepared.steps},
                {"unsure", picture.prepared.doubts}};
  if (!picture.saved.empty()) entry["preprocessed"] = picture.saved;
  return entry.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string csv_header() {
  return "file,rank,index,label,probability,preprocessing,unsure,preprocessed\n";
}

std::string as_csv(const Picture& picture, std::span<const Prediction> predictions) {
  const std::string file = csv_field(picture.file);
  const std::string rest = csv_field(joined(picture.prepared.steps, "; ")) + ',' +
                           csv_field(joined(picture.prepared.doubts, "; ")) + ',' + csv_field(picture.saved) + '\n';
  std::string rows;
  for (size_t i = 0; i < predictions.size(); ++i) {
    const Prediction& prediction = predictions[i];
    rows += file + ',' + std::to_string(i + 1) + ',' + std::to_string(prediction.index) + ',' +
            csv_field(prediction.label) + ',' + probability_text(prediction.probability) + ',' + rest;
  }
  return rows;
}

}  // namespace sateen::app
