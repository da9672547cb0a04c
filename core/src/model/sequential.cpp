// Sequential: layers in a row with their weights.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "sateen/checked.hpp"
#include "sateen/model.hpp"
#include "sateen/random.hpp"

namespace sateen {

namespace {

constexpr uint64_t kMaxParameters = (uint64_t{1} << 31) - 1;

}  // namespace

Sequential::Sequential(Shape input) : input_(std::move(input)) {}

Sequential& Sequential::add(std::shared_ptr<const Layer> layer) {
  if (!layer) throw Error(ErrorCode::kUsage, "a layer is missing");
  const Shape src = output_shape();
  const std::string prefix(layer->short_name());
  const auto same_kind = std::count_if(layers_.begin(), layers_.end(),
                                       [&](const auto& other) { return other->short_name() == layer->short_name(); });
  const std::string name = prefix + std::to_string(same_kind + 1);

  const auto in_context = [&](auto&& ask) {
    try {
      return ask();
    } catch (const Error& e) {
      throw Error(e.code(), name + ": " + e.what());
    }
  };
  Shape dst = in_context([&] { return layer->output_shape(src); });
  std::vector<Parameter> added;
  uint64_t end = weights_.size();
  for (ParameterSpec& spec : in_context([&] { return layer->parameters(src); })) {
    const uint64_t offset = end;
    end = checked_add(end, spec.shape.elements(), "the number of parameters");
    added.push_back({name + "." + spec.name, std::move(spec), layers_.size(), offset});
  }
  if (end > kMaxParameters) throw Error(ErrorCode::kUsage, name + ": the number of parameters is too large");

  weights_.resize(end);  // the one step that may fail for memory comes before any change
  layers_.push_back(std::move(layer));
  names_.push_back(name);
  shapes_.push_back(std::move(dst));
  std::move(added.begin(), added.end(), std::back_inserter(parameters_));
  return *this;
}

uint64_t Sequential::trainable_count() const {
  uint64_t count = 0;
  for (const Parameter& p : parameters_) count += p.spec.trainable ? p.spec.shape.elements() : 0;
  return count;
}

void Sequential::initialise(uint64_t seed) {
  for (const Parameter& p : parameters_) {
    const std::span<float> values = weights().subspan(p.offset, p.spec.shape.elements());
    if (p.spec.init != Init::kGlorotUniform) {
      std::fill(values.begin(), values.end(), p.spec.init == Init::kOnes ? 1.0F : 0.0F);
      continue;
    }
    const double limit = std::sqrt(6.0 / static_cast<double>(p.spec.fan_in + p.spec.fan_out));
    RandomStream random(seed, random_stream(RandomPurpose::kInitialWeights, static_cast<uint32_t>(p.layer)));
    for (float& v : values) v = static_cast<float>((2.0 * static_cast<double>(random.uniform()) - 1.0) * limit);
  }
}

bool same_architecture(const Sequential& a, const Sequential& b) {
  if (a.input_shape() != b.input_shape() || a.layer_count() != b.layer_count()) return false;
  for (size_t i = 0; i < a.layer_count(); ++i) {
    if (a.layer(i).type() != b.layer(i).type() || a.layer(i).attributes() != b.layer(i).attributes()) return false;
  }
  return true;
}

}  // namespace sateen
