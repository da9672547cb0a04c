// Trains a network of one's own on pictures made in memory, light on the left half or on the right, and predicts what it has
// not seen. The argument is a backend: "cpu", which is the default, or "opencl".
#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

#include "sateen/data.hpp"
#include "sateen/device.hpp"
#include "sateen/error.hpp"
#include "sateen/predict.hpp"
#include "sateen/random.hpp"
#include "sateen/train.hpp"

constexpr int kSide = 8;

sateen::Dataset make_pictures(uint32_t count, uint64_t seed) {
  sateen::RandomStream random(seed, 0);
  std::vector<uint8_t> pixels, labels;
  for (uint32_t i = 0; i < count; ++i) {
    labels.push_back(static_cast<uint8_t>(i % 2));
    for (int p = 0; p < kSide * kSide; ++p) {
      const bool light = (p % kSide >= kSide / 2) == (i % 2 == 1);
      pixels.push_back(static_cast<uint8_t>(random.below(100) + (light ? 100U : 0U)));
    }
  }
  return {sateen::Shape{kSide, kSide, 1}, pixels, labels, {"left", "right"}};
}

void run(const std::string& backend) {
  const sateen::Registry backends;
  const sateen::Device device = backends.open(backend);

  sateen::Sequential model({kSide, kSide, 1});
  model.add(sateen::Conv2D(8)).add(sateen::LeakyReLU()).add(sateen::MaxPool2D());
  model.add(sateen::Flatten()).add(sateen::Dense(2));
  model.initialise(/*seed=*/0);

  const sateen::Dataset data = make_pictures(512, /*seed=*/1);
  sateen::TrainOptions options;
  options.batch_size = 32;
  sateen::Trainer trainer(device, model, data, sateen::split(data.size(), 0.25, /*seed=*/0), options);
  for (const sateen::EpochRecord& epoch : trainer.fit(5)) {
    std::cout << "epoch " << epoch.epoch << ": held-out accuracy " << epoch.held_out.accuracy << '\n';
  }

  sateen::Predictor predictor(device, trainer.model());
  const sateen::Dataset unseen = make_pictures(2, /*seed=*/2);
  const std::vector<float> probabilities = predictor.predict(unseen.images());
  std::cout << "left: " << probabilities[0] << ", right: " << probabilities[3] << '\n';
}

int main(int argc, char** argv) {
  try {
    run(argc > 1 ? argv[1] : "cpu");
    return 0;
  } catch (const sateen::Error& error) {
    std::cerr << "sateen-embed: error: " << error.what() << '\n';
    return 1;
  }
}
