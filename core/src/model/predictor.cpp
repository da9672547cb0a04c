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
  bool mirror;
  uint64_t columns, channels;  // of the images; read where they are mirrored
  Buffer parameters, images, probabilities;
  Program program;

  /// Probabilities of at most a batch of images.
  void run(std::span<const uint8_t> pixels, std::span<float> rows);
  std::vector<uint8_t> mirrored(std::span<const uint8_t> pixels) const;
};

void Predictor::State::run(std::span<const uint8_t> pixels, std::span<float> rows) {
  const std::array<Binding, Prediction::kBindings> bindings{parameters, images, probabilities};
  images.write(pixels.data(), pixels.size());  // what is past these keeps what it had, and is not read
  program.run(bindings);
  probabilities.read(rows.data(), rows.size_bytes());
}

std::vector<uint8_t> Predictor::State::mirrored(std::span<const uint8_t> pixels) const {
  std::vector<uint8_t> swapped(pixels.size());
  for (uint64_t at = 0; at < pixels.size(); at += channels) {
    const uint64_t column = at / channels % columns;
    const uint64_t to = at - column * channels + (columns - 1 - column) * channels;
    std::copy_n(pixels.begin() + static_cast<int64_t>(at), channels, swapped.begin() + static_cast<int64_t>(to));
  }
  return swapped;
}

Predictor::Predictor(Device device, const Sequential& model, Preprocessing preprocessing, int64_t batch_size,
                     bool mirror) {
  if (batch_size < 1) throw Error(ErrorCode::kUsage, "the batch size is at least 1");
  if (model.output_shape().rank() != 1) throw Error(ErrorCode::kUsage, "the model does not end in one row of logits");
  const Shape& input = model.input_shape();
  if (mirror && input.rank() != 3) {
    throw Error(ErrorCode::kUsage, "mirrored are images of rows, columns and channels, not of " + input.to_string());
  }
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
  state_ = std::make_unique<State>(State{std::move(device), batch, sample, classes, mirror,
                                         mirror ? static_cast<uint64_t>(input[1]) : 1,
                                         mirror ? static_cast<uint64_t>(input[2]) : 1, std::move(parameters),
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
  std::vector<float> other;
  for (uint64_t first = 0; first < count; first += s.batch) {
    const uint64_t n = std::min(s.batch, count - first);
    const auto pixels = images.subspan(first * s.sample, n * s.sample);
    const auto of_these = std::span(rows).subspan(first * s.classes, n * s.classes);
    s.run(pixels, of_these);
    if (!s.mirror) continue;
    other.resize(of_these.size());
    s.run(s.mirrored(pixels), other);
    for (size_t i = 0; i < other.size(); ++i) of_these[i] = (of_these[i] + other[i]) / 2;
  }
  return rows;
}

}  // namespace sateen
