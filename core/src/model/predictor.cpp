// Predictor: a model's forward pass in batches.
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "graph/steps.hpp"
#include "sateen/error.hpp"
#include "sateen/predict.hpp"

namespace sateen {

struct Predictor::State {
  Device device;
  uint64_t batch, sample, classes;
  Buffer parameters, images, probabilities;
  Program program;
};

Predictor::Predictor(Device device, const Sequential& model, Preprocessing preprocessing, int64_t batch_size) {
  if (batch_size < 1) throw Error(ErrorCode::kUsage, "the batch size is at least 1");
  if (model.output_shape().rank() != 1) throw Error(ErrorCode::kUsage, "the model does not end in one row of logits");
  const auto batch = static_cast<uint64_t>(batch_size);
  const uint64_t sample = model.input_shape().elements();
  const uint64_t classes = model.output_shape().elements();
  const ParameterLayout layout = plan_parameters(model, device.info().alignment);
  Graph graph = emit_prediction(model, layout, batch_size, preprocessing, device.info().alignment);
  const std::vector<float> flat = pack_parameters(model, layout, model.weights());
  Buffer parameters = device.create_buffer(flat.data(), layout.bytes);
  Buffer images = device.create_buffer(model.input_shape().with_batch(batch_size).elements());
  Buffer probabilities = device.create_buffer(model.output_shape().with_batch(batch_size).elements() * sizeof(float));
  Program program = device.compile(graph);
  state_ = std::make_unique<State>(State{std::move(device), batch, sample, classes, std::move(parameters),
                                         std::move(images), std::move(probabilities), std::move(program)});
}

Predictor::~Predictor() = default;
Predictor::Predictor(Predictor&&) noexcept = default;
Predictor& Predictor::operator=(Predictor&&) noexcept = default;

int64_t Predictor::classes() const {
  return static_cast<int64_t>(state_->classes);
}

std::vector<OpProfile> Predictor::profile() const {
  return state_->program.profile();
}

std::vector<float> Predictor::predict(std::span<const uint8_t> images) {
  State& s = *state_;
  if (images.size() % s.sample != 0) {
    throw Error(ErrorCode::kUsage, "the images are not a whole number of samples of " + std::to_string(s.sample));
  }
  const uint64_t count = images.size() / s.sample;
  std::vector<float> rows(count * s.classes);
  const std::array<Binding, Prediction::kBindings> bindings{s.parameters, s.images, s.probabilities};
  for (uint64_t first = 0; first < count; first += s.batch) {
    const uint64_t n = std::min(s.batch, count - first);  // rows past n keep what they had, and are not read
    s.images.write(images.data() + first * s.sample, n * s.sample);
    s.program.run(bindings);
    s.probabilities.read(rows.data() + first * s.classes, n * s.classes * sizeof(float));
  }
  return rows;
}

}  // namespace sateen
