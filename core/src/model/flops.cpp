// How much arithmetic a model needs.
#include "sateen/flops.hpp"

#include "sateen/checked.hpp"

namespace sateen {

namespace {
constexpr const char* kWhat = "the number of operations";
}

std::vector<OperationFlops> count_flops(const Sequential& model, bool training) {
  std::vector<OperationFlops> counted;
  bool first = true;
  for (size_t i = 0; i < model.layer_count(); ++i) {
    const Layer& layer = model.layer(i);
    const Shape& src = model.layer_input(i);
    if (layer.parameters(src).empty()) continue;
    const uint64_t flops = checked_mul(2, layer.operations(src), kWhat);
    const std::string& name = model.layer_name(i);
    counted.push_back({name + ".forward", flops});
    if (training) counted.push_back({name + ".backward_weights", flops});
    if (training && !first) counted.push_back({name + ".backward_data", flops});
    first = false;
  }
  return counted;
}

uint64_t total_flops(const std::vector<OperationFlops>& operations) {
  uint64_t sum = 0;
  for (const OperationFlops& operation : operations) sum = checked_add(sum, operation.flops, kWhat);
  return sum;
}

}  // namespace sateen
