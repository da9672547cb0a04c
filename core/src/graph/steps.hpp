// The three graphs of a model: a training step, an evaluation step, a prediction. Each function emits one; the enums
// are the order in which the graph's external storages are bound.
#pragma once

#include <cstdint>
#include <vector>

#include "sateen/graph.hpp"
#include "sateen/model.hpp"
#include "sateen/optimizer.hpp"
#include "sateen/train.hpp"

namespace sateen {

/// Where each parameter lies in the device's flat parameter storage. Gradients and Adam's m and v have the same layout.
/// The gaps that alignment leaves hold zeros and stay zero, so that one Adam runs over the whole. Parameters that are not
/// trained lie there too: no operation writes their gradients, so these stay as zero as they were bound, Adam's means
/// with them, and x − lr · 0 / (√0 + epsilon) is x to the last bit, since epsilon is above 0.
struct ParameterLayout {
  std::vector<uint64_t> offset;  ///< bytes, per Sequential::parameters
  uint64_t bytes = 0;            ///< of the whole
};
ParameterLayout plan_parameters(const Sequential& model, uint32_t alignment);

/// From Sequential::weights to the layout's bytes, gaps zero, and back.
std::vector<float> pack_parameters(const Sequential& model, const ParameterLayout& layout,
                                   std::span<const float> dense);
std::vector<float> unpack_parameters(const Sequential& model, const ParameterLayout& layout,
                                     std::span<const float> flat);

/// What a step graph is made for. Shapes are fixed: a step always takes `batch` rows of which the valid table counts
/// some.
struct StepSpec {
  int64_t batch = 0;
  int64_t rows = 0;    ///< steps in an epoch's tables
  int64_t images = 0;  ///< in the data set
  uint64_t seed = 0;   ///< dropout, augmentation
  Adam adam;
  Preprocessing preprocessing;
  Augmentation augmentation = {};  ///< of the training step
  uint64_t first_row = 0;          ///< of these rows within the global batch
};

/// gather → forward → loss → backward → Adam → advance.
struct TrainingStep {
  enum Binding : size_t {
    kParameters,    ///< f32, layout.bytes
    kGradients,     ///< f32, layout.bytes; gaps and what is not trained must be zero
    kAdamM,         ///< f32, layout.bytes
    kAdamV,         ///< f32, layout.bytes
    kImages,        ///< u8 [images][sample]
    kLabels,        ///< u8 [images]
    kPermutation,   ///< i32 [rows · batch]: indices into the data set
    kValid,         ///< i32 [rows]
    kLearningRate,  ///< f32 [rows]: Adam::step_size
    kCursor,        ///< i32 [2]: row, step
    kLog,           ///< f32 [rows][2]: loss sum, correct count
    kBindings
  };
};
Graph emit_training_step(const Sequential& model, const ParameterLayout& layout, const StepSpec& spec,
                         uint32_t alignment);

/// The same in two graphs, between which gradients of several ranks are added: gather → forward → loss → backward, and
/// Adam → advance.
struct GradientStep {
  enum Binding : size_t { kParameters, kGradients, kImages, kLabels, kPermutation, kValid, kCursor, kLog, kBindings };
  Graph graph;
  /// By the number of a layer: how many operations have to be done until its parameters have their gradients.
  std::vector<size_t> ops;
};
GradientStep emit_gradient_step(const Sequential& model, const ParameterLayout& layout, const StepSpec& spec,
                                uint32_t alignment);
struct UpdateStep {
  enum Binding : size_t { kParameters, kGradients, kAdamM, kAdamV, kLearningRate, kCursor, kBindings };
};
Graph emit_update_step(const ParameterLayout& layout, const StepSpec& spec, uint32_t alignment);

/// gather → forward, dropout off → loss → advance.
struct EvaluationStep {
  enum Binding : size_t { kParameters, kImages, kLabels, kPermutation, kValid, kCursor, kLog, kBindings };
};
Graph emit_evaluation_step(const Sequential& model, const ParameterLayout& layout, const StepSpec& spec,
                           uint32_t alignment);

/// convert → forward, dropout off → softmax. The parameters are frozen.
struct Prediction {
  enum Binding : size_t {
    kParameters,
    kImages,         ///< u8 [batch][sample]
    kProbabilities,  ///< f32 [batch][classes]
    kBindings
  };
};
Graph emit_prediction(const Sequential& model, const ParameterLayout& layout, int64_t batch,
                      const Preprocessing& preprocessing, uint32_t alignment);

}  // namespace sateen
