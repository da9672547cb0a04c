// Dense: a matrix product with bias.
#include "layers/emit.hpp"
#include "sateen/checked.hpp"

namespace sateen {

Dense::Dense(int64_t units) : units_(units) {
  if (units < 1) throw Error(ErrorCode::kUsage, "dense needs at least one unit");
}

std::shared_ptr<const Layer> Dense::from(const Attributes& attributes) {
  AttributeReader reader(attributes);
  const int64_t units = reader.integer("units");
  reader.finish();
  return std::make_shared<Dense>(units);
}

Attributes Dense::attributes() const {
  return {{"units", units_}};
}

Shape Dense::output_shape(const Shape& src) const {
  if (src.rank() != 1) {
    throw Error(ErrorCode::kUsage, "dense wants one dimension, not " + src.to_string() + "; put Flatten before it");
  }
  return {units_};
}

std::vector<ParameterSpec> Dense::parameters(const Shape& src) const {
  return {
      {"weights", {src[0], units_}, Init::kGlorotUniform, static_cast<uint64_t>(src[0]), static_cast<uint64_t>(units_)},
      {"bias", {units_}}};
}

uint64_t Dense::operations(const Shape& src) const {
  return checked_mul(static_cast<uint64_t>(src[0]), static_cast<uint64_t>(units_), "the number of operations");
}

TensorId Dense::forward(const EmitContext& context, TensorId src) const {
  const TensorId dst = context.graph.value(DType::kF32, {batch_of(context, src), units_});
  context.graph.op(SATEEN_OP_DENSE_FORWARD, op_name(context, "forward"),
                   {src, context.parameters[0], context.parameters[1]}, {dst});
  return dst;
}

TensorId Dense::backward(const EmitContext& context, TensorId src, TensorId /*dst*/, TensorId diff_dst,
                         std::span<const TensorId> diff_parameters, bool want_diff_src) const {
  context.graph.op(SATEEN_OP_DENSE_BACKWARD_WEIGHTS, op_name(context, "backward_weights"), {src, diff_dst},
                   {diff_parameters[0], diff_parameters[1]});
  if (!want_diff_src) return {};
  const TensorId diff_src = context.graph.value(DType::kF32, Shape(context.graph.shape(src)));
  context.graph.op(SATEEN_OP_DENSE_BACKWARD_DATA, op_name(context, "backward_data"), {diff_dst, context.parameters[0]},
                   {diff_src});
  return diff_src;
}

}  // namespace sateen
