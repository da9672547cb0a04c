// Pictures that go to the device together.
#include "predict/batches.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "common/program.hpp"
#include "predict/format.hpp"
#include "sateen/error.hpp"

namespace sateen::app {

Batches::Batches(const Device& device, const ModelFile& model, std::string model_path, size_t batch_size, bool mirror,
                 Results& results)
    : predictor_(device, model.model, model.preprocessing, static_cast<int64_t>(batch_size), mirror),
      model_path_(std::move(model_path)),
      class_names_(model.class_names),
      batch_size_(batch_size),
      results_(results) {}

void Batches::add(Picture picture) {
  pictures_.push_back(std::move(picture));
  if (pictures_.size() == batch_size_) finish();
}

void Batches::finish() {
  if (pictures_.empty()) return;
  const std::vector<Picture> pictures = std::exchange(pictures_, {});  // an error is theirs alone
  std::vector<uint8_t> images;
  for (const Picture& picture : pictures) {
    const std::vector<uint8_t>& pixels = picture.prepared.image.pixels;
    images.insert(images.end(), pixels.begin(), pixels.end());
  }
  const std::vector<float> probabilities = predictor_.predict(images);
  const auto classes = static_cast<size_t>(predictor_.classes());
  for (size_t i = 0; i < pictures.size(); ++i) {
    const std::span<const float> row(probabilities.data() + i * classes, classes);
    if (!std::all_of(row.begin(), row.end(), [](float p) { return std::isfinite(p); })) {
      throw Error(ErrorCode::kBadInput,
                  model_path_ + ": gives no finite probabilities for " + pictures[i].file + "; train it again");
    }
    results_.add(pictures[i], ranked(row, class_names_));
  }
  Program::flush();
}

}  // namespace sateen::app
