// Conv2D: cross-correlation with bias.
#include "layers/emit.hpp"
#include "sateen/checked.hpp"

namespace sateen {

namespace {

void check_source(const Shape& src) {
  if (src.rank() != 3) throw Error(ErrorCode::kUsage, "conv2d wants [y][x][channel], not " + src.to_string());
}

sateen_conv2d_attrs attrs_for(const Shape& src, Extent kernel, Extent stride, Padding padding) {
  const Window y = slide(src[1], kernel.y, stride.y, padding, "rows");
  const Window x = slide(src[2], kernel.x, stride.x, padding, "columns");
  return {static_cast<int32_t>(stride.y),     static_cast<int32_t>(stride.x),    static_cast<int32_t>(y.pad_before),
          static_cast<int32_t>(x.pad_before), static_cast<int32_t>(y.pad_after), static_cast<int32_t>(x.pad_after)};
}

}  // namespace

Conv2D::Conv2D(int64_t filters, Extent kernel, Padding padding, Extent stride)
    : filters_(filters), kernel_(kernel), stride_(stride), padding_(padding) {
  if (filters < 1) throw Error(ErrorCode::kUsage, "conv2d needs at least one filter");
  check_extent(kernel, "the kernel");
  check_extent(stride, "the stride");
}

std::shared_ptr<const Layer> Conv2D::from(const Attributes& attributes) {
  AttributeReader reader(attributes);
  const int64_t filters = reader.integer("filters");
  const Extent kernel = reader.extent("kernel");
  const Extent stride = reader.extent("stride");
  const Padding padding = reader.padding("padding");
  reader.finish();
  return std::make_shared<Conv2D>(filters, kernel, padding, stride);
}

Attributes Conv2D::attributes() const {
  return {{"filters", filters_},
          {"kernel", extent_attribute(kernel_)},
          {"stride", extent_attribute(stride_)},
          {"padding", padding_attribute(padding_)}};
}

Shape Conv2D::output_shape(const Shape& src) const {
  check_source(src);
  return {slide(src[0], kernel_.y, stride_.y, padding_, "rows").outputs,
          slide(src[1], kernel_.x, stride_.x, padding_, "columns").outputs, filters_};
}

std::vector<ParameterSpec> Conv2D::parameters(const Shape& src) const {
  check_source(src);
  const auto taps = static_cast<uint64_t>(kernel_.y * kernel_.x);
  return {{"weights",
           {kernel_.y, kernel_.x, src[2], filters_},
           Init::kGlorotUniform,
           checked_mul(taps, static_cast<uint64_t>(src[2]), "the fan-in"),
           checked_mul(taps, static_cast<uint64_t>(filters_), "the fan-out")},
          {"bias", {filters_}}};
}

uint64_t Conv2D::operations(const Shape& src) const {
  const Shape dst = output_shape(src);
  const Shape window{kernel_.y, kernel_.x, src[2]};
  return checked_mul(dst.elements(), window.elements(), "the number of operations");
}

TensorId Conv2D::forward(const EmitContext& context, TensorId src) const {
  const Shape shape = context.graph.shape(src);
  const auto attrs = attrs_for(shape, kernel_, stride_, padding_);
  const TensorId dst =
      context.graph.value(DType::kF32, output_shape({shape[1], shape[2], shape[3]}).with_batch(batch_of(context, src)));
  context.graph.op(SATEEN_OP_CONV2D_FORWARD, op_name(context, "forward"),
                   {src, context.parameters[0], context.parameters[1]}, {dst}, attrs);
  return dst;
}

TensorId Conv2D::backward(const EmitContext& context, TensorId src, TensorId /*dst*/, TensorId diff_dst,
                          std::span<const TensorId> diff_parameters, bool want_diff_src) const {
  const Shape shape = context.graph.shape(src);
  const auto attrs = attrs_for(shape, kernel_, stride_, padding_);
  context.graph.op(SATEEN_OP_CONV2D_BACKWARD_WEIGHTS, op_name(context, "backward_weights"), {src, diff_dst},
                   {diff_parameters[0], diff_parameters[1]}, attrs);
  if (!want_diff_src) return {};
  const TensorId diff_src = context.graph.value(DType::kF32, shape);
  context.graph.op(SATEEN_OP_CONV2D_BACKWARD_DATA, op_name(context, "backward_data"), {diff_dst, context.parameters[0]},
                   {diff_src}, attrs);
  return diff_src;
}

}  // namespace sateen
