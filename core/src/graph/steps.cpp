// Emits the training, evaluation and prediction graphs of a model.
#include "graph/steps.hpp"

#include <algorithm>

#include "sateen/checked.hpp"
#include "sateen/random.hpp"

namespace sateen {

namespace {

/// The model's parameters (or their gradients) as tensors in one flat storage.
std::vector<TensorId> parameter_tensors(Graph& graph, const Sequential& model, const ParameterLayout& layout,
                                        StorageId storage) {
  std::vector<TensorId> tensors;
  for (size_t i = 0; i < model.parameters().size(); ++i) {
    tensors.push_back(graph.tensor(DType::kF32, model.parameters()[i].spec.shape, storage, layout.offset[i]));
  }
  return tensors;
}

/// Walks a model's layers, forward and then backward, and remembers what the backward pass needs.
class LayerWalk {
 public:
  LayerWalk(Graph& graph, const Sequential& model, std::vector<TensorId> parameters)
      : graph_(graph), model_(model), parameters_(std::move(parameters)) {}

  /// From now on layers emit what they do in a training step. valid and cursor: of the step's tables.
  LayerWalk& train(TensorId valid, TensorId cursor, const StepSpec& spec) {
    training_ = true;
    first_row_ = spec.first_row;
    valid_ = valid;
    cursor_ = cursor;
    seed_ = spec.seed;
    kept_.resize(model_.layer_count());
    return *this;
  }

  TensorId forward(TensorId src) {
    values_ = {src};
    for (size_t i = 0; i < model_.layer_count(); ++i) {
      values_.push_back(model_.layer(i).forward(context(i), values_.back()));
    }
    return values_.back();
  }

  /// Gives, by layer, how many operations the graph has when its parameters have their gradients.
  std::vector<size_t> backward(TensorId diff, const std::vector<TensorId>& diff_parameters) {
    std::vector<size_t> ops(model_.layer_count());
    size_t first_trainable = 0;
    while (first_trainable < model_.layer_count() && slice(parameters_, first_trainable).empty()) ++first_trainable;
    for (size_t i = model_.layer_count(); i-- > first_trainable;) {
      diff = model_.layer(i).backward(context(i), values_[i], values_[i + 1], diff, slice(diff_parameters, i),
                                      i > first_trainable);
      ops[i] = graph_.op_count();
    }
    return ops;
  }

 private:
  /// The tensors of one layer's parameters; they lie next to each other.
  std::span<const TensorId> slice(const std::vector<TensorId>& tensors, size_t layer) const {
    const auto all = model_.parameters();
    const auto is_of = [&](const Parameter& p) { return p.layer == layer; };
    const auto first = std::find_if(all.begin(), all.end(), is_of) - all.begin();
    const auto count = std::count_if(all.begin(), all.end(), is_of);
    return std::span(tensors).subspan(static_cast<size_t>(first), static_cast<size_t>(count));
  }

  EmitContext context(size_t layer) {
    return {graph_,
            model_.layer_name(layer),
            slice(parameters_, layer),
            training_,
            cursor_,
            seed_,
            static_cast<uint32_t>(layer),
            first_row_,
            valid_,
            training_ ? &kept_[layer] : nullptr};
  }

  Graph& graph_;
  const Sequential& model_;
  std::vector<TensorId> parameters_;
  bool training_ = false;
  TensorId valid_, cursor_;
  uint64_t seed_ = 0, first_row_ = 0;
  std::vector<TensorId> values_;
  std::vector<std::vector<TensorId>> kept_;  // by layer: what its forward pass leaves for its backward pass
};

/// The data set on the device and the tables that say which of its rows make a step's batch.
struct BatchSource {
  TensorId images, labels, permutation, valid, cursor;

  /// The batch's images as f32 activations, then its labels as i32.
  TensorId gather_images(Graph& graph, const Sequential& model, const StepSpec& spec) const {
    const TensorId batch = graph.value(DType::kF32, model.input_shape().with_batch(spec.batch));
    graph.op(SATEEN_OP_GATHER, "gather.images", {images, permutation, cursor}, {batch},
             sateen_gather_attrs{spec.preprocessing.scale, spec.preprocessing.shift});
    return batch;
  }
  /// The same, each image changed at random.
  TensorId augment_images(Graph& graph, const Sequential& model, const StepSpec& spec) const {
    const TensorId batch = graph.value(DType::kF32, model.input_shape().with_batch(spec.batch));
    sateen_augment_attrs attrs{};
    attrs.seed = spec.seed;
    attrs.first_row = spec.first_row;
    attrs.stream = random_stream(RandomPurpose::kAugmentation);
    attrs.mirror = spec.augmentation.mirror ? 1 : 0;
    attrs.max_shift = spec.augmentation.shift_pixels;
    attrs.scale = spec.preprocessing.scale;
    attrs.shift = spec.preprocessing.shift;
    graph.op(SATEEN_OP_AUGMENT, "augment.images", {images, permutation, cursor}, {batch}, attrs);
    return batch;
  }
  TensorId gather_labels(Graph& graph, const StepSpec& spec) const {
    const TensorId batch = graph.value(DType::kI32, {spec.batch});
    graph.op(SATEEN_OP_GATHER, "gather.labels", {labels, permutation, cursor}, {batch}, sateen_gather_attrs{1, 0});
    return batch;
  }
};

TensorId external_tensor(Graph& graph, DType dtype, const Shape& shape) {
  return graph.tensor(dtype, shape, graph.external(checked_mul(shape.elements(), size_of(dtype), "a table's size")));
}

/// Declares images, labels, permutation and valid, in this order.
BatchSource declare_data(Graph& graph, const Sequential& model, const StepSpec& spec) {
  BatchSource source;
  source.images = external_tensor(graph, DType::kU8, model.input_shape().with_batch(spec.images));
  source.labels = external_tensor(graph, DType::kU8, {spec.images});
  source.permutation =
      external_tensor(graph, DType::kI32, {static_cast<int64_t>(Shape{spec.rows, spec.batch}.elements())});
  source.valid = external_tensor(graph, DType::kI32, {spec.rows});
  return source;
}

/// Declares cursor and log, in this order, and gives the log.
TensorId declare_log(Graph& graph, const StepSpec& spec, BatchSource& source) {
  source.cursor = external_tensor(graph, DType::kI32, {2});
  return external_tensor(graph, DType::kF32, {spec.rows, 2});
}

struct GradientOperands {
  StorageId parameters, gradients;
  BatchSource source;
  TensorId log;
};

/// gather → forward → loss → backward. Gives what GradientStep::ops is.
std::vector<size_t> emit_gradients(Graph& graph, const Sequential& model, const ParameterLayout& layout,
                                   const StepSpec& spec, const GradientOperands& on) {
  const BatchSource& source = on.source;
  LayerWalk walk(graph, model, parameter_tensors(graph, model, layout, on.parameters));
  walk.train(source.valid, source.cursor, spec);
  const TensorId logits = walk.forward(spec.augmentation.any() ? source.augment_images(graph, model, spec)
                                                               : source.gather_images(graph, model, spec));
  const TensorId labels = source.gather_labels(graph, spec);
  const TensorId diff_logits = graph.value(DType::kF32, Shape(graph.shape(logits)));
  graph.op(SATEEN_OP_SOFTMAX_CROSS_ENTROPY, "loss", {logits, labels, source.valid, source.cursor},
           {on.log, diff_logits});
  return walk.backward(diff_logits, parameter_tensors(graph, model, layout, on.gradients));
}

struct UpdateOperands {
  StorageId parameters, gradients, adam_m, adam_v;
  TensorId learning_rate, cursor;
};

/// Adam → advance.
void emit_update(Graph& graph, const ParameterLayout& layout, const StepSpec& spec, const UpdateOperands& on) {
  const Shape flat{static_cast<int64_t>(layout.bytes / sizeof(float))};
  const TensorId parameters = graph.tensor(DType::kF32, flat, on.parameters);
  const TensorId m = graph.tensor(DType::kF32, flat, on.adam_m);
  const TensorId v = graph.tensor(DType::kF32, flat, on.adam_v);
  sateen_adam_attrs adam{};
  adam.beta1 = static_cast<float>(spec.adam.beta1);
  adam.beta2 = static_cast<float>(spec.adam.beta2);
  adam.epsilon = static_cast<float>(spec.adam.epsilon);
  graph.op(SATEEN_OP_ADAM, "adam",
           {parameters, graph.tensor(DType::kF32, flat, on.gradients), m, v, on.learning_rate, on.cursor},
           {parameters, m, v}, adam);
  graph.op(SATEEN_OP_ADVANCE, "advance", {on.cursor}, {on.cursor});
}

}  // namespace

ParameterLayout plan_parameters(const Sequential& model, uint32_t alignment) {
  ParameterLayout layout;
  for (const Parameter& p : model.parameters()) {
    layout.offset.push_back(layout.bytes);
    layout.bytes = checked_align(
        checked_add(layout.bytes, checked_mul(p.spec.shape.elements(), sizeof(float), "the parameters' size"),
                    "the parameters' size"),
        alignment, "the parameters' size");
  }
  if (layout.bytes == 0) throw Error(ErrorCode::kUsage, "the model has no parameters");
  return layout;
}

std::vector<float> pack_parameters(const Sequential& model, const ParameterLayout& layout,
                                   std::span<const float> dense) {
  std::vector<float> flat(layout.bytes / sizeof(float), 0.0F);
  for (size_t i = 0; i < model.parameters().size(); ++i) {
    const Parameter& p = model.parameters()[i];
    const auto src = dense.subspan(p.offset, p.spec.shape.elements());
    std::copy(src.begin(), src.end(), flat.begin() + static_cast<ptrdiff_t>(layout.offset[i] / sizeof(float)));
  }
  return flat;
}

std::vector<float> unpack_parameters(const Sequential& model, const ParameterLayout& layout,
                                     std::span<const float> flat) {
  std::vector<float> dense(model.parameter_count());
  for (size_t i = 0; i < model.parameters().size(); ++i) {
    const Parameter& p = model.parameters()[i];
    const auto src = flat.subspan(layout.offset[i] / sizeof(float), p.spec.shape.elements());
    std::copy(src.begin(), src.end(), dense.begin() + static_cast<ptrdiff_t>(p.offset));
  }
  return dense;
}

Graph emit_training_step(const Sequential& model, const ParameterLayout& layout, const StepSpec& spec,
                         uint32_t alignment) {
  Graph graph(alignment);
  // Storages in the order of TrainingStep::Binding.
  const StorageId parameters = graph.external(layout.bytes);
  const StorageId gradients = graph.external(layout.bytes);
  const StorageId adam_m = graph.external(layout.bytes);
  const StorageId adam_v = graph.external(layout.bytes);
  BatchSource source = declare_data(graph, model, spec);
  const TensorId learning_rate = external_tensor(graph, DType::kF32, {spec.rows});
  const TensorId log = declare_log(graph, spec, source);
  emit_gradients(graph, model, layout, spec, {parameters, gradients, source, log});
  emit_update(graph, layout, spec, {parameters, gradients, adam_m, adam_v, learning_rate, source.cursor});
  return graph;
}

GradientStep emit_gradient_step(const Sequential& model, const ParameterLayout& layout, const StepSpec& spec,
                                uint32_t alignment) {
  GradientStep step{Graph(alignment), {}};
  // Storages in the order of GradientStep::Binding.
  const StorageId parameters = step.graph.external(layout.bytes);
  const StorageId gradients = step.graph.external(layout.bytes);
  BatchSource source = declare_data(step.graph, model, spec);
  const TensorId log = declare_log(step.graph, spec, source);
  step.ops = emit_gradients(step.graph, model, layout, spec, {parameters, gradients, source, log});
  return step;
}

Graph emit_update_step(const ParameterLayout& layout, const StepSpec& spec, uint32_t alignment) {
  Graph graph(alignment);
  // Storages in the order of UpdateStep::Binding.
  const StorageId parameters = graph.external(layout.bytes);
  const StorageId gradients = graph.external(layout.bytes);
  const StorageId adam_m = graph.external(layout.bytes);
  const StorageId adam_v = graph.external(layout.bytes);
  const TensorId learning_rate = external_tensor(graph, DType::kF32, {spec.rows});
  const TensorId cursor = external_tensor(graph, DType::kI32, {2});
  emit_update(graph, layout, spec, {parameters, gradients, adam_m, adam_v, learning_rate, cursor});
  return graph;
}

Graph emit_evaluation_step(const Sequential& model, const ParameterLayout& layout, const StepSpec& spec,
                           uint32_t alignment) {
  Graph graph(alignment);
  // Storages in the order of EvaluationStep::Binding.
  const StorageId parameters = graph.external(layout.bytes);
  BatchSource source = declare_data(graph, model, spec);
  const TensorId log = declare_log(graph, spec, source);

  LayerWalk walk(graph, model, parameter_tensors(graph, model, layout, parameters));
  const TensorId logits = walk.forward(source.gather_images(graph, model, spec));
  const TensorId labels = source.gather_labels(graph, spec);
  graph.op(SATEEN_OP_SOFTMAX_CROSS_ENTROPY, "loss", {logits, labels, source.valid, source.cursor}, {log, {}});
  graph.op(SATEEN_OP_ADVANCE, "advance", {source.cursor}, {source.cursor});
  return graph;
}

Graph emit_prediction(const Sequential& model, const ParameterLayout& layout, int64_t batch,
                      const Preprocessing& preprocessing, uint32_t alignment) {
  Graph graph(alignment);
  // Storages in the order of Prediction::Binding.
  const StorageId parameters = graph.external(layout.bytes, SATEEN_STORAGE_FROZEN);
  const Shape src_shape = model.input_shape().with_batch(batch);
  const TensorId images = external_tensor(graph, DType::kU8, src_shape);
  const TensorId probabilities = external_tensor(graph, DType::kF32, model.output_shape().with_batch(batch));

  const TensorId src = graph.value(DType::kF32, src_shape);
  graph.op(SATEEN_OP_GATHER, "convert", {images, {}, {}}, {src},
           sateen_gather_attrs{preprocessing.scale, preprocessing.shift});
  LayerWalk walk(graph, model, parameter_tensors(graph, model, layout, parameters));
  graph.op(SATEEN_OP_SOFTMAX, "softmax", {walk.forward(src)}, {probabilities});
  return graph;
}

}  // namespace sateen
