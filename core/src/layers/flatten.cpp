// Flatten: a view, no operation.
#include "layers/emit.hpp"

namespace sateen {

std::shared_ptr<const Layer> Flatten::from(const Attributes& attributes) {
  AttributeReader(attributes).finish();
  return std::make_shared<Flatten>();
}

Shape Flatten::output_shape(const Shape& src) const {
  return {static_cast<int64_t>(src.elements())};
}

TensorId Flatten::forward(const EmitContext& context, TensorId src) const {
  const Shape& shape = context.graph.shape(src);
  const int64_t batch = shape[0];
  return context.graph.reshape(src, {batch, static_cast<int64_t>(shape.elements()) / batch});
}

TensorId Flatten::backward(const EmitContext& context, TensorId src, TensorId /*dst*/, TensorId diff_dst,
                           std::span<const TensorId> /*diff_parameters*/, bool want_diff_src) const {
  if (!want_diff_src) return {};
  return context.graph.reshape(diff_dst, Shape(context.graph.shape(src)));
}

}  // namespace sateen
