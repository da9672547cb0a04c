// How much arithmetic a model needs.
#include "sateen/flops.hpp"

#include <algorithm>
#include <utility>

#include "sateen/checked.hpp"

namespace sateen {

namespace {

constexpr const char* kWhat = "the number of operations";

/// Convolutions and dense layers have weights from each channel to each; batch normalisation has only some by channel.
bool multiplies(const std::vector<ParameterSpec>& parameters) {
  return std::any_of(parameters.begin(), parameters.end(), [](const ParameterSpec& p) { return p.shape.rank() >= 2; });
}

}  // namespace

std::vector<OperationFlops> count_flops(const Sequential& model, bool training) {
  std::vector<OperationFlops> counted;
  bool first = true;
  for (size_t i = 0; i < model.layer_count(); ++i) {
    const Layer& layer = model.layer(i);
    const Shape& src = model.layer_input(i);
    const std::vector<ParameterSpec> parameters = layer.parameters(src);
    if (parameters.empty()) continue;
    const bool wants_diff_src = !std::exchange(first, false);
    if (!multiplies(parameters)) continue;
    const uint64_t flops = checked_mul(2, layer.operations(src), kWhat);
    const std::string& name = model.layer_name(i);
    counted.push_back({name + ".forward", flops});
    if (training) counted.push_back({name + ".backward_weights", flops});
    if (training && wants_diff_src) counted.push_back({name + ".backward_data", flops});
  }
  return counted;
}

uint64_t total_flops(const std::vector<OperationFlops>& operations) {
  uint64_t sum = 0;
  for (const OperationFlops& operation : operations) sum = checked_add(sum, operation.flops, kWhat);
  return sum;
}

}  // namespace sateen
