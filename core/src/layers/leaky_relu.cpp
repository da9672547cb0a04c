// LeakyReLU.
#include <cmath>

#include "layers/emit.hpp"
#include "sateen/error.hpp"

namespace sateen {

LeakyReLU::LeakyReLU(double alpha) : alpha_(alpha) {
  if (!(alpha >= 0.0 && std::isfinite(static_cast<float>(alpha)))) {
    throw Error(ErrorCode::kUsage, "leaky_relu's alpha is a finite number of at least 0");
  }
}

std::shared_ptr<const Layer> LeakyReLU::from(const Attributes& attributes) {
  AttributeReader reader(attributes);
  const double alpha = reader.number("alpha");
  reader.finish();
  return std::make_shared<LeakyReLU>(alpha);
}

Attributes LeakyReLU::attributes() const {
  return {{"alpha", alpha_}};
}

TensorId LeakyReLU::forward(const EmitContext& context, TensorId src) const {
  const TensorId dst = context.graph.value(DType::kF32, Shape(context.graph.shape(src)));
  context.graph.op(SATEEN_OP_LEAKY_RELU_FORWARD, op_name(context, "forward"), {src}, {dst},
                   sateen_leaky_relu_attrs{static_cast<float>(alpha_)});
  return dst;
}

TensorId LeakyReLU::backward(const EmitContext& context, TensorId src, TensorId dst, TensorId diff_dst,
                             std::span<const TensorId> /*diff_parameters*/, bool want_diff_src) const {
  if (!want_diff_src) return {};
  const TensorId diff_src = context.graph.value(DType::kF32, Shape(context.graph.shape(src)));
  context.graph.op(SATEEN_OP_LEAKY_RELU_BACKWARD, op_name(context, "backward"), {dst, diff_dst}, {diff_src},
                   sateen_leaky_relu_attrs{static_cast<float>(alpha_)});
  return diff_src;
}

}  // namespace sateen
