// MaxPool2D.
#include "layers/emit.hpp"
#include "sateen/checked.hpp"

namespace sateen {

namespace {

sateen_max_pool2d_attrs attrs_for(const Shape& src, Extent window, Extent stride, Padding padding) {
  const Window y = slide(src[1], window.y, stride.y, padding, "rows");
  const Window x = slide(src[2], window.x, stride.x, padding, "columns");
  return {static_cast<int32_t>(window.y),    static_cast<int32_t>(window.x),     static_cast<int32_t>(stride.y),
          static_cast<int32_t>(stride.x),    static_cast<int32_t>(y.pad_before), static_cast<int32_t>(x.pad_before),
          static_cast<int32_t>(y.pad_after), static_cast<int32_t>(x.pad_after)};
}

}  // namespace

MaxPool2D::MaxPool2D(Extent window, Padding padding) : MaxPool2D(window, padding, window) {}

MaxPool2D::MaxPool2D(Extent window, Padding padding, Extent stride)
    : window_(window), stride_(stride), padding_(padding) {
  check_extent(window, "the window");
  check_extent(stride, "the stride");
}

std::shared_ptr<const Layer> MaxPool2D::from(const Attributes& attributes) {
  AttributeReader reader(attributes);
  const Extent window = reader.extent("window");
  const Extent stride = reader.extent("stride");
  const Padding padding = reader.padding("padding");
  reader.finish();
  return std::make_shared<MaxPool2D>(window, padding, stride);
}

Attributes MaxPool2D::attributes() const {
  return {{"window", extent_attribute(window_)},
          {"stride", extent_attribute(stride_)},
          {"padding", padding_attribute(padding_)}};
}

Shape MaxPool2D::output_shape(const Shape& src) const {
  if (src.rank() != 3) throw Error(ErrorCode::kUsage, "max_pool2d wants [y][x][channel], not " + src.to_string());
  return {slide(src[0], window_.y, stride_.y, padding_, "rows").outputs,
          slide(src[1], window_.x, stride_.x, padding_, "columns").outputs, src[2]};
}

uint64_t MaxPool2D::operations(const Shape& src) const {
  const Shape window{window_.y, window_.x};
  return checked_mul(output_shape(src).elements(), window.elements(), "the number of operations");
}

TensorId MaxPool2D::forward(const EmitContext& context, TensorId src) const {
  const Shape shape = context.graph.shape(src);
  const TensorId dst =
      context.graph.value(DType::kF32, output_shape({shape[1], shape[2], shape[3]}).with_batch(shape[0]));
  context.graph.op(SATEEN_OP_MAX_POOL2D_FORWARD, op_name(context, "forward"), {src}, {dst},
                   attrs_for(shape, window_, stride_, padding_));
  return dst;
}

TensorId MaxPool2D::backward(const EmitContext& context, TensorId src, TensorId /*dst*/, TensorId diff_dst,
                             std::span<const TensorId> /*diff_parameters*/, bool want_diff_src) const {
  if (!want_diff_src) return {};
  const Shape shape = context.graph.shape(src);
  const TensorId diff_src = context.graph.value(DType::kF32, shape);
  context.graph.op(SATEEN_OP_MAX_POOL2D_BACKWARD, op_name(context, "backward"), {src, diff_dst}, {diff_src},
                   attrs_for(shape, window_, stride_, padding_));
  return diff_src;
}

}  // namespace sateen
