// Models: layers in a row with their weights.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sateen/export.hpp"
#include "sateen/layers.hpp"

namespace SATEEN_PUBLIC sateen {

/// A tensor that a model keeps.
struct Parameter {
  std::string name;     ///< "conv2.weights"
  ParameterSpec spec;   ///< shape and first values
  size_t layer = 0;     ///< which layer's, for Sequential::layer
  uint64_t offset = 0;  ///< in elements, into Sequential::weights
};

/// Layers one after the other. The last one gives logits: the loss and the Predictor add the softmax.
/// A value: copies share the immutable layers and have weights of their own. Safe to read from several threads.
class Sequential {
 public:
  /// input: one sample's shape without the batch dim: 28×28×1.
  explicit Sequential(Shape input);

  /// Appends a layer and its (zero) weights. Throws Error(kUsage) when it does not fit what comes before, or when the
  /// model would have more than 2³¹−1 parameters; the model is then as it was.
  Sequential& add(std::shared_ptr<const Layer> layer);
  /// The same for a layer by value: `model.add(Conv2D(8))`.
  template <std::derived_from<Layer> L>
  Sequential& add(L layer) {
    return add(std::shared_ptr<const Layer>(std::make_shared<L>(std::move(layer))));
  }

  /// One sample's shape, without the batch dim.
  const Shape& input_shape() const { return input_; }
  /// What comes out for one sample, without the batch dim; [classes] for a classifier.
  const Shape& output_shape() const { return shapes_.empty() ? input_ : shapes_.back(); }

  /// How many layers were added; i below is less.
  size_t layer_count() const { return layers_.size(); }
  /// Layer i, in the order of add(). References are valid until the model is changed or destroyed.
  const Layer& layer(size_t i) const { return *layers_[i]; }
  /// Its short_name() and its number among layers of its kind, from 1: "conv2".
  const std::string& layer_name(size_t i) const { return names_[i]; }
  /// What it gives for one sample.
  const Shape& layer_output(size_t i) const { return shapes_[i]; }
  /// What it gets for one sample.
  const Shape& layer_input(size_t i) const { return i == 0 ? input_ : shapes_[i - 1]; }

  /// All tensors that are kept, layer by layer. Valid until add().
  std::span<const Parameter> parameters() const { return parameters_; }
  /// The number of all values, those of weights().
  uint64_t parameter_count() const { return weights_.size(); }
  /// How many of them are trained; the rest follow the data (BatchNorm's running means and variances).
  uint64_t trainable_count() const;

  /// All weights, one parameter after the other without gaps.
  std::span<const float> weights() const { return weights_; }
  /// The same to write: whoever sets them need not call initialise().
  std::span<float> weights() { return weights_; }

  /// Each parameter as its ParameterSpec says: Glorot-uniform weights, zero biases. Random numbers are Philox's, by seed.
  void initialise(uint64_t seed);

 private:
  Shape input_;
  std::vector<std::shared_ptr<const Layer>> layers_;
  std::vector<std::string> names_;
  std::vector<Shape> shapes_;
  std::vector<Parameter> parameters_;
  std::vector<float> weights_;
};

/// Whether the two have the same layers with the same settings, whatever their weights.
bool same_architecture(const Sequential& a, const Sequential& b);

/// The published Fashion-MNIST network: three times [conv 3×3 → LeakyReLU 0.1 → max-pool 2×2], dense 128, dense 10;
/// 356,234 parameters. With dropout: 0.25, 0.25, 0.4 after the pools and 0.3 before the last dense layer.
Sequential fashion_mnist_network(bool dropout);

/// A deeper network with batch normalisation, 746,954 parameters: nine convolutions 3×3, three each of 32, 64 and 128
/// filters, each with LeakyReLU 0.1 and BatchNorm; max-pools 2×2 in every third, and after those dropout 0.1, 0.2, 0.3;
/// then dense 128 with LeakyReLU, BatchNorm and dropout 0.3, and dense 10.
Sequential fashion_mnist_deep_network();

}  // namespace sateen
