// The closed set of layers, and what a layer has unless it says otherwise.
#include <string>
#include <utility>

#include "sateen/error.hpp"
#include "sateen/layers.hpp"

namespace sateen {

std::vector<ParameterSpec> Layer::parameters(const Shape& /*src*/) const {
  return {};
}

uint64_t Layer::operations(const Shape& src) const {
  return output_shape(src).elements();
}

std::shared_ptr<const Layer> make_layer(std::string_view type, const Attributes& attributes) {
  using Factory = std::shared_ptr<const Layer> (*)(const Attributes&);
  static constexpr std::pair<std::string_view, Factory> kLayers[] = {
      {"conv2d", Conv2D::from},        {"max_pool2d", MaxPool2D::from}, {"leaky_relu", LeakyReLU::from},
      {"flatten", Flatten::from},      {"dense", Dense::from},          {"dropout", Dropout::from},
      {"batch_norm", BatchNorm::from},
  };
  for (const auto& [name, make] : kLayers) {
    if (name != type) continue;
    try {
      return make(attributes);
    } catch (const Error& e) {
      throw Error(ErrorCode::kBadInput, "layer '" + std::string(type) + "': " + e.what());
    }
  }
  throw Error(ErrorCode::kBadInput, "there is no layer of type '" + std::string(type) + "'");
}

}  // namespace sateen
