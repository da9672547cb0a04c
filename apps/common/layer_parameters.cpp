// Counting the parameters of a layer.
#include "common/layer_parameters.hpp"

namespace sateen::app {

uint64_t parameters_of(const Sequential& model, size_t layer) {
  uint64_t count = 0;
  for (const Parameter& parameter : model.parameters()) {
    if (parameter.layer == layer) count += parameter.spec.shape.elements();
  }
  return count;
}

}  // namespace sateen::app
