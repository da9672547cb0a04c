// The published network layer by layer, trained on Fashion-MNIST: the place to change a layer and see what comes of it.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

#include "sateen/data.hpp"
#include "sateen/device.hpp"
#include "sateen/error.hpp"
#include "sateen/model.hpp"
#include "sateen/model_file.hpp"
#include "sateen/train.hpp"

namespace {

constexpr const char* kUsage =
    "Usage: sateen-own-network EPOCHS [BACKEND]\n\n"
    "Trains the network with dropout on Fashion-MNIST, and saves it as own.sateen. The data are read from\n"
    "$SATEEN_DATA, or else from Debian's package dataset-fashion-mnist. BACKEND is cpu or opencl; without it cpu.\n";

sateen::Sequential network() {
  sateen::Sequential model({28, 28, 1});
  model.add(sateen::Conv2D(32)).add(sateen::LeakyReLU(0.1)).add(sateen::MaxPool2D()).add(sateen::Dropout(0.25));
  model.add(sateen::Conv2D(64)).add(sateen::LeakyReLU(0.1)).add(sateen::MaxPool2D()).add(sateen::Dropout(0.25));
  model.add(sateen::Conv2D(128)).add(sateen::LeakyReLU(0.1)).add(sateen::MaxPool2D()).add(sateen::Dropout(0.4));
  model.add(sateen::Flatten()).add(sateen::Dense(128)).add(sateen::LeakyReLU(0.1)).add(sateen::Dropout(0.3));
  model.add(sateen::Dense(10));
  return model;
}

void train(int64_t epochs, const std::string& backend) {
  const uint64_t seed = 0;
  const sateen::Dataset data =
      sateen::load_fashion_mnist(sateen::default_data_folder(), sateen::FashionMnistPart::kTrain);
  sateen::Sequential model = network();
  model.initialise(seed);

  const sateen::Registry backends;
  sateen::TrainOptions options;  // batches of 64, Adam with a learning rate of 0.001
  options.seed = seed;
  sateen::Trainer trainer(backends.open(backend), model, data, sateen::split(data.size(), 0.2, seed), options);
  for (int64_t i = 0; i < epochs; ++i) {
    const sateen::EpochRecord epoch = trainer.fit(1).front();
    std::cout << "epoch " << epoch.epoch << "  loss " << epoch.train.loss << "  acc " << epoch.train.accuracy
              << "  val_loss " << epoch.held_out.loss << "  val_acc " << epoch.held_out.accuracy << std::endl;
  }

  sateen::save_model({trainer.model(), options.preprocessing, data.class_names(), /*version=*/{}, data.hash(), seed},
                     "own.sateen");
}

}  // namespace

int main(int argc, char** argv) {
  const int64_t epochs = argc == 2 || argc == 3 ? std::strtol(argv[1], nullptr, 10) : 0;
  if (epochs < 1) {
    std::cerr << kUsage;
    return 2;
  }
  try {
    train(epochs, argc == 3 ? argv[2] : "cpu");
    return 0;
  } catch (const sateen::Error& error) {
    std::cerr << "sateen-own-network: error: " << error.what() << '\n';
    return 1;
  }
}
