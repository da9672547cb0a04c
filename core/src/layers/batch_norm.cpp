// BatchNorm: by the batch's own mean and variance while training, by the running ones otherwise.
#include <cmath>

#include "layers/emit.hpp"
#include "sateen/error.hpp"

namespace sateen {

namespace {

/// Places in Layer::parameters.
enum : size_t { kScale, kShift, kMean, kVariance };

}  // namespace

BatchNorm::BatchNorm(double momentum, double epsilon) : momentum_(momentum), epsilon_(epsilon) {
  // 1 keeps the running statistics as they are, and whoever gives less doesn't mean that.
  if (!(momentum >= 0.0 && (momentum == 1.0 || static_cast<float>(momentum) < 1.0F))) {
    throw Error(ErrorCode::kUsage, "batch_norm's momentum is 0 to 1, and below 1 in f32 if it is not 1 itself");
  }
  const auto narrow = static_cast<float>(epsilon);
  if (!(narrow > 0.0F && std::isfinite(narrow))) {
    throw Error(ErrorCode::kUsage, "batch_norm's epsilon is a finite number above 0");
  }
}

std::shared_ptr<const Layer> BatchNorm::from(const Attributes& attributes) {
  AttributeReader reader(attributes);
  const double momentum = reader.number("momentum");
  const double epsilon = reader.number("epsilon");
  reader.finish();
  return std::make_shared<BatchNorm>(momentum, epsilon);
}

Attributes BatchNorm::attributes() const {
  return {{"momentum", momentum_}, {"epsilon", epsilon_}};
}

Shape BatchNorm::output_shape(const Shape& src) const {
  if (src.rank() < 1) throw Error(ErrorCode::kUsage, "batch_norm wants at least one dimension");
  return src;
}

std::vector<ParameterSpec> BatchNorm::parameters(const Shape& src) const {
  const Shape channels{output_shape(src)[src.rank() - 1]};
  ParameterSpec mean{"mean", channels, Init::kZeros};
  ParameterSpec variance{"variance", channels, Init::kOnes};
  mean.trainable = variance.trainable = false;
  variance.non_negative = true;
  return {{"scale", channels, Init::kOnes}, {"shift", channels, Init::kZeros}, std::move(mean), std::move(variance)};
}

TensorId BatchNorm::forward(const EmitContext& context, TensorId src) const {
  const auto& p = context.parameters;
  const TensorId dst = context.graph.value(DType::kF32, Shape(context.graph.shape(src)));
  sateen_batch_norm_attrs attrs{static_cast<float>(epsilon_), 0};
  if (!context.training) {
    context.graph.op(SATEEN_OP_BATCH_NORM, op_name(context, "forward"),
                     {src, p[kScale], p[kShift], p[kMean], p[kVariance]}, {dst}, attrs);
    return dst;
  }
  attrs.momentum = static_cast<float>(momentum_);
  const Shape channels = context.graph.shape(p[kScale]);
  const TensorId mean = context.graph.value(DType::kF32, channels);
  const TensorId inverse = context.graph.value(DType::kF32, channels);
  *context.kept = {mean, inverse};
  context.graph.op(SATEEN_OP_BATCH_NORM_TRAIN, op_name(context, "forward"),
                   {src, p[kScale], p[kShift], p[kMean], p[kVariance], context.valid, context.cursor},
                   {dst, mean, inverse, p[kMean], p[kVariance]}, attrs);
  return dst;
}

TensorId BatchNorm::backward(const EmitContext& context, TensorId src, TensorId /*dst*/, TensorId diff_dst,
                             std::span<const TensorId> diff_parameters, bool want_diff_src) const {
  const std::vector<TensorId>& kept = *context.kept;
  const TensorId diff_src =
      want_diff_src ? context.graph.value(DType::kF32, Shape(context.graph.shape(src))) : TensorId{};
  context.graph.op(SATEEN_OP_BATCH_NORM_BACKWARD, op_name(context, "backward"),
                   {src, context.parameters[kScale], kept[0], kept[1], diff_dst, context.valid, context.cursor},
                   {diff_src, diff_parameters[kScale], diff_parameters[kShift]});
  return diff_src;
}

}  // namespace sateen
