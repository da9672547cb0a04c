// A training step on its own, with its gradients read back.
#include "sateen/gradients.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "graph/steps.hpp"
#include "sateen/error.hpp"
#include "sateen/random.hpp"

namespace sateen {

namespace {

constexpr float kNudge = 5e-7F;
constexpr uint32_t kNudges = 3;

void check(const Sequential& model, const Batch& batch) {
  if (batch.labels.empty()) throw Error(ErrorCode::kUsage, "the batch is empty");
  if (batch.images.size() != batch.labels.size() * model.input_shape().elements()) {
    throw Error(ErrorCode::kUsage, std::to_string(batch.labels.size()) + " labels and " +
                                       std::to_string(batch.images.size()) + " pixels are no batch for a model of " +
                                       model.input_shape().to_string());
  }
  for (const uint8_t label : batch.labels) {
    if (label >= model.output_shape().elements()) {
      throw Error(ErrorCode::kUsage, "a label of " + std::to_string(label) + " is beyond the model's " +
                                         std::to_string(model.output_shape().elements()) + " classes");
    }
  }
}

double distance(std::span<const float> got, std::span<const float> want) {
  double largest = 0;
  double error = 0;
  for (size_t i = 0; i < want.size(); ++i) {
    const double off = std::abs(double{got[i]} - double{want[i]});
    if (!std::isfinite(off)) return std::numeric_limits<double>::infinity();
    largest = std::max(largest, std::abs(double{want[i]}));
    error = std::max(error, off);
  }
  return largest > 0 ? error / largest : error;
}

}  // namespace

Gradients gradients(Device device, const Sequential& model, const Batch& batch) {
  check(model, batch);
  const uint32_t alignment = device.info().alignment;
  const ParameterLayout layout = plan_parameters(model, alignment);
  const auto count = static_cast<int32_t>(batch.labels.size());
  StepSpec spec;
  spec.batch = spec.images = count;
  spec.rows = 1;
  spec.seed = batch.seed;
  spec.preprocessing = batch.preprocessing;

  std::vector<int32_t> permutation(batch.labels.size());
  std::iota(permutation.begin(), permutation.end(), 0);
  const std::vector<float> parameters = pack_parameters(model, layout, model.weights());
  const std::vector<float> zeros(parameters.size(), 0.0F);
  const std::vector<int32_t> valid{count};
  const std::vector<int32_t> cursor{0, batch.step};
  const std::vector<float> learning_rate{static_cast<float>(spec.adam.step_size(1))};
  const std::vector<float> log(2, 0.0F);
  // In the order of TrainingStep::Binding.
  std::vector<Buffer> buffers;
  const auto upload = [&](const auto& values) {
    buffers.push_back(device.create_buffer(values.data(), values.size() * sizeof(values[0])));
  };
  upload(parameters);
  upload(zeros);
  upload(zeros);
  upload(zeros);
  upload(batch.images);
  upload(batch.labels);
  upload(permutation);
  upload(valid);
  upload(learning_rate);
  upload(cursor);
  upload(log);

  Graph graph = emit_training_step(model, layout, spec, alignment);
  Program program = device.compile(graph);
  program.run(std::vector<Binding>(buffers.begin(), buffers.end()));
  Gradients result;
  result.values = unpack_parameters(model, layout, buffers[TrainingStep::kGradients].read_as<float>());
  result.loss = double{buffers[TrainingStep::kLog].read_as<float>().front()} / count;
  return result;
}

double gradient_distance(const Sequential& model, std::span<const float> got, std::span<const float> want) {
  double worst = 0;
  for (const Parameter& p : model.parameters()) {
    const size_t n = p.spec.shape.elements();
    worst = std::max(worst, distance(got.subspan(p.offset, n), want.subspan(p.offset, n)));
  }
  return worst;
}

bool is_smooth(const Device& device, const Sequential& model, const Batch& batch, const Gradients& want, double bound) {
  Sequential nudged = model;
  for (uint32_t i = 0; i < kNudges; ++i) {
    RandomStream random(i, random_stream(RandomPurpose::kInitialWeights));
    std::transform(model.weights().begin(), model.weights().end(), nudged.weights().begin(),
                   [&](float w) { return w + (random.below(2) == 0 ? kNudge : -kNudge) * w; });
    if (gradient_distance(model, gradients(device, nudged, batch).values, want.values) > bound) return false;
  }
  return true;
}

}  // namespace sateen
