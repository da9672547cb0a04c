// Dropout: the same operation forward and backward, since the mask is made again from its counter.
#include <cmath>

#include "layers/emit.hpp"
#include "sateen/checked.hpp"
#include "sateen/random.hpp"

namespace sateen {

namespace {

TensorId emit(const EmitContext& context, const char* what, TensorId src, double rate) {
  const Shape shape = context.graph.shape(src);
  const uint64_t sample = shape.elements() / static_cast<uint64_t>(shape[0]);
  sateen_dropout_attrs attrs{};
  attrs.seed = context.seed;
  attrs.first_element = checked_mul(context.first_row, sample, "the element count");
  attrs.stream = random_stream(RandomPurpose::kDropout, context.layer);
  attrs.threshold = static_cast<uint32_t>(std::floor(rate * 0x1p32));
  attrs.scale = static_cast<float>(1.0 / (1.0 - rate));
  const TensorId dst = context.graph.value(DType::kF32, shape);
  context.graph.op(SATEEN_OP_DROPOUT, op_name(context, what), {src, context.cursor}, {dst}, attrs);
  return dst;
}

}  // namespace

Dropout::Dropout(double rate) : rate_(rate) {
  if (!(rate >= 0.0 && rate < 1.0)) throw Error(ErrorCode::kUsage, "dropout's rate is at least 0 and below 1");
}

std::shared_ptr<const Layer> Dropout::from(const Attributes& attributes) {
  AttributeReader reader(attributes);
  const double rate = reader.number("rate");
  reader.finish();
  return std::make_shared<Dropout>(rate);
}

Attributes Dropout::attributes() const {
  return {{"rate", rate_}};
}

TensorId Dropout::forward(const EmitContext& context, TensorId src) const {
  return context.training ? emit(context, "forward", src, rate_) : src;
}

TensorId Dropout::backward(const EmitContext& context, TensorId /*src*/, TensorId /*dst*/, TensorId diff_dst,
                           std::span<const TensorId> /*diff_parameters*/, bool want_diff_src) const {
  return want_diff_src ? emit(context, "backward", diff_dst, rate_) : TensorId{};
}

}  // namespace sateen
