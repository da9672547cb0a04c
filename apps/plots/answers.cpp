// What a model says about labelled images.
#include "plots/answers.hpp"

#include <algorithm>

#include "sateen/error.hpp"

namespace sateen::app {

std::optional<Answers> ask(Predictor& predictor, const Dataset& data, std::span<const uint32_t> images, uint32_t batch,
                           const std::string& path, const std::function<bool()>& stop) {
  constexpr uint32_t kEnough = 4096;
  // Whole batches, for one that isn't full costs as much; not all, so that probabilities take little memory.
  const size_t at_once = std::max(batch, kEnough / batch * batch);
  const auto classes = static_cast<size_t>(predictor.classes());
  Answers answers{Evaluation(predictor.classes()), {}};
  answers.all.reserve(images.size());
  std::vector<uint8_t> pixels, labels;
  for (size_t first = 0; first < images.size(); first += at_once) {
    if (stop()) return std::nullopt;
    const auto part = images.subspan(first, std::min(at_once, images.size() - first));
    pixels.clear();
    labels.clear();
    for (const uint32_t image : part) {
      const auto picture = data.image(image);
      pixels.insert(pixels.end(), picture.begin(), picture.end());
      labels.push_back(data.labels()[image]);
    }
    const std::vector<float> probabilities = predictor.predict(pixels);
    try {
      answers.evaluation.add(probabilities, labels);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kBadInput) throw;
      throw Error(ErrorCode::kBadInput, path + ": gives no finite probabilities; train it again");
    }
    for (size_t i = 0; i < part.size(); ++i) {
      const auto row = std::span(probabilities).subspan(i * classes, classes);
      const auto most = std::max_element(row.begin(), row.end());
      answers.all.push_back({part[i], labels[i], static_cast<uint8_t>(most - row.begin()), *most});
    }
  }
  return answers;
}

}  // namespace sateen::app
