// Layers: they hold attributes, know shapes, and emit the operations of their forward and backward pass. Their defaults
// are those of the published Fashion-MNIST network, not Keras's.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sateen/export.hpp"
#include "sateen/graph.hpp"
#include "sateen/shape.hpp"

namespace SATEEN_PUBLIC sateen {

/// Rows and columns of a window or a stride.
struct Extent {
  int64_t y = 1;  ///< rows, 1 to 32768
  int64_t x = 1;  ///< columns, likewise
  /// Rows and columns are equal.
  friend bool operator==(const Extent&, const Extent&) = default;
};

/// What lies around the source, as in Keras.
enum class Padding {
  kValid,  ///< nothing: only windows that lie inside
  kSame,   ///< so much that there are ⌈size / stride⌉ outputs, the odd cell at the bottom and right
};

/// One of a layer's settings as plain data.
using Attribute = std::variant<int64_t, double, std::string, std::vector<int64_t>>;
/// A layer's settings by name: for model files and summaries.
using Attributes = std::map<std::string, Attribute>;

/// What Sequential::initialise puts into a parameter.
enum class Init {
  kGlorotUniform,  ///< U(−l, l), l = √(6 / (fan_in + fan_out)); Glorot & Bengio, 2010
  kZeros,          ///< of biases
  kOnes,           ///< of scales
};

/// One tensor that a layer wants to be kept: trained by its gradient, or written by the layer itself.
struct ParameterSpec {
  std::string name;          ///< "weights", "bias"
  Shape shape;               ///< its layout is the layer's
  Init init = Init::kZeros;  ///< its first values
  uint64_t fan_in = 0;       ///< for Glorot: inputs that one output sums over
  uint64_t fan_out = 0;      ///< for Glorot: outputs that one input goes into
  /// false: the layer's forward pass in training writes it, and backward leaves its gradient alone, at zero.
  bool trainable = true;
  bool non_negative = false;  ///< a variance: checkpoints with less than 0 are neither read nor written
};

/// What surrounds a layer while it emits.
struct EmitContext {
  Graph& graph;                           ///< takes the operations
  std::string name;                       ///< of the layer: "conv2"
  std::span<const TensorId> parameters;   ///< in the order of Layer::parameters
  bool training = false;                  ///< dropout acts
  TensorId cursor;                        ///< set when training
  uint64_t seed = 0;                      ///< of random draws
  uint32_t layer = 0;                     ///< place in the model: numbers the random stream
  uint64_t first_row = 0;                 ///< of this batch within the global batch
  TensorId valid = {};                    ///< set when training: how many rows of each step's batch count
  std::vector<TensorId>* kept = nullptr;  ///< set when training: what forward puts here, backward finds
};

/// Immutable, so it may be shared and read from any thread. Shapes are without the batch dim. Functions that take a
/// source shape throw Error(kUsage) where the layer can't work on it.
class Layer {
 public:
  virtual ~Layer() = default;
  /// "conv2d": the word in model files.
  virtual std::string_view type() const = 0;
  /// "conv": what numbered names begin with.
  virtual std::string_view short_name() const = 0;
  /// All settings, from which make_layer makes an equal layer.
  virtual Attributes attributes() const = 0;
  /// What comes out for a source of this shape.
  virtual Shape output_shape(const Shape& src) const = 0;
  /// What the layer wants to be kept for such a source, in a fixed order; nothing unless a layer has weights.
  virtual std::vector<ParameterSpec> parameters(const Shape& src) const;
  /// Multiply-adds or comparisons of one sample's forward pass; throws Error(kUsage) beyond 64 bits.
  virtual uint64_t operations(const Shape& src) const;

  /// Emits the forward pass; tensors have the batch dim in front.
  virtual TensorId forward(const EmitContext& context, TensorId src) const = 0;
  /// Emits the backward pass: writes diff_parameters and gives back diff_src, or nothing unless want_diff_src.
  virtual TensorId backward(const EmitContext& context, TensorId src, TensorId dst, TensorId diff_dst,
                            std::span<const TensorId> diff_parameters, bool want_diff_src) const = 0;
};

/// Cross-correlation with a bias: src [y][x][in] → [y'][x'][filters]; weights [ky][kx][in][filters], bias [filters].
/// y' = ⌈y / stride.y⌉ with Padding::kSame, ⌊(y − kernel.y) / stride.y⌋ + 1 with kValid; x' alike.
class Conv2D final : public Layer {
 public:
  /// filters ≥ 1, kernel and stride 1 to 32768; otherwise Error(kUsage).
  explicit Conv2D(int64_t filters, Extent kernel = {3, 3}, Padding padding = Padding::kSame, Extent stride = {1, 1});
  /// From attributes(). Throws Error(kBadInput) for a missing or unknown one, Error(kUsage) for an impossible value.
  static std::shared_ptr<const Layer> from(const Attributes& attributes);
  std::string_view type() const override { return "conv2d"; }
  std::string_view short_name() const override { return "conv"; }
  Attributes attributes() const override;
  Shape output_shape(const Shape& src) const override;
  std::vector<ParameterSpec> parameters(const Shape& src) const override;
  uint64_t operations(const Shape& src) const override;
  TensorId forward(const EmitContext& context, TensorId src) const override;
  TensorId backward(const EmitContext& context, TensorId src, TensorId dst, TensorId diff_dst,
                    std::span<const TensorId> diff_parameters, bool want_diff_src) const override;

 private:
  int64_t filters_;
  Extent kernel_, stride_;
  Padding padding_;
};

/// The maximum over each window: src [y][x][c] → [y'][x'][c], y' and x' as Conv2D's; −∞ outside. In the way back
/// the first of equal maxima gets the gradient.
class MaxPool2D final : public Layer {
 public:
  /// The stride is the window. 1 to 32768; otherwise Error(kUsage).
  explicit MaxPool2D(Extent window = {2, 2}, Padding padding = Padding::kSame);
  /// With a stride of its own: windows may overlap or leave gaps.
  MaxPool2D(Extent window, Padding padding, Extent stride);
  /// From attributes(). Throws Error(kBadInput) for a missing or unknown one, Error(kUsage) for an impossible value.
  static std::shared_ptr<const Layer> from(const Attributes& attributes);
  std::string_view type() const override { return "max_pool2d"; }
  std::string_view short_name() const override { return "pool"; }
  Attributes attributes() const override;
  Shape output_shape(const Shape& src) const override;
  uint64_t operations(const Shape& src) const override;
  TensorId forward(const EmitContext& context, TensorId src) const override;
  TensorId backward(const EmitContext& context, TensorId src, TensorId dst, TensorId diff_dst,
                    std::span<const TensorId> diff_parameters, bool want_diff_src) const override;

 private:
  Extent window_, stride_;
  Padding padding_;
};

/// x > 0 ? x : alpha · x, element by element, of any shape (Maas, Hannun & Ng, 2013).
class LeakyReLU final : public Layer {
 public:
  /// alpha is finite and ≥ 0, otherwise Error(kUsage); 0 makes it ReLU.
  explicit LeakyReLU(double alpha = 0.1);
  /// From attributes(). Throws Error(kBadInput) for a missing or unknown one, Error(kUsage) for an impossible value.
  static std::shared_ptr<const Layer> from(const Attributes& attributes);
  std::string_view type() const override { return "leaky_relu"; }
  std::string_view short_name() const override { return "relu"; }
  Attributes attributes() const override;
  Shape output_shape(const Shape& src) const override { return src; }
  TensorId forward(const EmitContext& context, TensorId src) const override;
  TensorId backward(const EmitContext& context, TensorId src, TensorId dst, TensorId diff_dst,
                    std::span<const TensorId> diff_parameters, bool want_diff_src) const override;

 private:
  double alpha_;
};

/// Any shape → [elements], row-major; costs nothing.
class Flatten final : public Layer {
 public:
  /// From attributes(). Throws Error(kBadInput) for a missing or unknown one, Error(kUsage) for an impossible value.
  static std::shared_ptr<const Layer> from(const Attributes& attributes);
  std::string_view type() const override { return "flatten"; }
  std::string_view short_name() const override { return "flatten"; }
  Attributes attributes() const override { return {}; }
  Shape output_shape(const Shape& src) const override;
  TensorId forward(const EmitContext& context, TensorId src) const override;
  TensorId backward(const EmitContext& context, TensorId src, TensorId dst, TensorId diff_dst,
                    std::span<const TensorId> diff_parameters, bool want_diff_src) const override;
};

/// src · weights + bias: src [in] → [units]; weights [in][units], bias [units].
class Dense final : public Layer {
 public:
  /// units ≥ 1; otherwise Error(kUsage).
  explicit Dense(int64_t units);
  /// From attributes(). Throws Error(kBadInput) for a missing or unknown one, Error(kUsage) for an impossible value.
  static std::shared_ptr<const Layer> from(const Attributes& attributes);
  std::string_view type() const override { return "dense"; }
  std::string_view short_name() const override { return "dense"; }
  Attributes attributes() const override;
  Shape output_shape(const Shape& src) const override;
  std::vector<ParameterSpec> parameters(const Shape& src) const override;
  uint64_t operations(const Shape& src) const override;
  TensorId forward(const EmitContext& context, TensorId src) const override;
  TensorId backward(const EmitContext& context, TensorId src, TensorId dst, TensorId diff_dst,
                    std::span<const TensorId> diff_parameters, bool want_diff_src) const override;

 private:
  int64_t units_;
};

/// While training, zeroes a share `rate` of the values and scales the rest by 1 / (1 − rate); otherwise does nothing.
/// Srivastava et al., 2014. Masks come from Philox (see DROPOUT in backend.h), so they are the same on every backend.
class Dropout final : public Layer {
 public:
  /// 0 ≤ rate < 1; otherwise Error(kUsage).
  explicit Dropout(double rate);
  /// From attributes(). Throws Error(kBadInput) for a missing or unknown one, Error(kUsage) for an impossible value.
  static std::shared_ptr<const Layer> from(const Attributes& attributes);
  std::string_view type() const override { return "dropout"; }
  std::string_view short_name() const override { return "dropout"; }
  Attributes attributes() const override;
  Shape output_shape(const Shape& src) const override { return src; }
  TensorId forward(const EmitContext& context, TensorId src) const override;
  TensorId backward(const EmitContext& context, TensorId src, TensorId dst, TensorId diff_dst,
                    std::span<const TensorId> diff_parameters, bool want_diff_src) const override;

 private:
  double rate_;
};

/// Batch normalisation (Ioffe & Szegedy, 2015) over all axes but the last, as in Keras:
/// (x − mean) / √(variance + epsilon) · scale + shift by channel. While training, mean and variance are those of the
/// batch's rows that count, and the running ones follow: running = momentum · running + (1 − momentum) · the batch's.
/// Otherwise the running ones are taken.
/// scale [c] and shift [c] are trained; mean [c] and variance [c] are parameters that are not trained.
class BatchNorm final : public Layer {
 public:
  /// momentum is 0 to 1, and not so little below 1 that f32 has it as 1; epsilon is a finite number above 0 in f32;
  /// otherwise Error(kUsage).
  explicit BatchNorm(double momentum = 0.99, double epsilon = 1e-3);
  /// From attributes(). Throws Error(kBadInput) for a missing or unknown one, Error(kUsage) for an impossible value.
  static std::shared_ptr<const Layer> from(const Attributes& attributes);
  std::string_view type() const override { return "batch_norm"; }
  std::string_view short_name() const override { return "norm"; }
  Attributes attributes() const override;
  Shape output_shape(const Shape& src) const override;
  std::vector<ParameterSpec> parameters(const Shape& src) const override;
  TensorId forward(const EmitContext& context, TensorId src) const override;
  TensorId backward(const EmitContext& context, TensorId src, TensorId dst, TensorId diff_dst,
                    std::span<const TensorId> diff_parameters, bool want_diff_src) const override;

 private:
  double momentum_, epsilon_;
};

/// A layer of the closed set above by its type. Throws Error(kBadInput) for an unknown type, and for a missing,
/// unknown or impossible attribute: it is fed from files.
std::shared_ptr<const Layer> make_layer(std::string_view type, const Attributes& attributes);

}  // namespace sateen
