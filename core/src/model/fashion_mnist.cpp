// Networks for Fashion-MNIST: the published one, without and with dropout, and a deeper one.
#include "sateen/model.hpp"

namespace sateen {

Sequential fashion_mnist_network(bool dropout) {
  struct Stage {
    int64_t filters;
    double dropout;
  };
  Sequential model({28, 28, 1});
  for (const Stage stage : {Stage{32, 0.25}, Stage{64, 0.25}, Stage{128, 0.4}}) {
    model.add(Conv2D(stage.filters)).add(LeakyReLU()).add(MaxPool2D());
    if (dropout) model.add(Dropout(stage.dropout));
  }
  model.add(Flatten()).add(Dense(128)).add(LeakyReLU());
  if (dropout) model.add(Dropout(0.3));
  model.add(Dense(10));
  return model;
}

Sequential fashion_mnist_deep_network() {
  struct Stage {
    int64_t filters;
    double dropout;
  };
  Sequential model({28, 28, 1});
  for (const Stage stage : {Stage{32, 0.1}, Stage{64, 0.2}, Stage{128, 0.3}}) {
    model.add(Conv2D(stage.filters)).add(LeakyReLU()).add(BatchNorm());
    model.add(Conv2D(stage.filters)).add(LeakyReLU()).add(BatchNorm());
    model.add(Conv2D(stage.filters)).add(LeakyReLU()).add(MaxPool2D()).add(BatchNorm()).add(Dropout(stage.dropout));
  }
  model.add(Flatten()).add(Dense(128)).add(LeakyReLU()).add(BatchNorm()).add(Dropout(0.3)).add(Dense(10));
  return model;
}

}  // namespace sateen
