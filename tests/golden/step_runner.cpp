// The training step's storages on the device.
#include "step_runner.hpp"

#include <utility>

namespace step_tests {

using sateen::TrainingStep;

StepRunner::StepRunner(sateen::Device device, const sateen::Sequential& model, const StepData& data)
    : device_(std::move(device)), model_(model), batch_(data.batch) {
  const uint32_t alignment = device_.info().alignment;
  layout_ = sateen::plan_parameters(model, alignment);

  sateen::StepSpec spec;
  spec.batch = data.batch;
  spec.rows = static_cast<int64_t>(data.valid.size());
  spec.images = static_cast<int64_t>(data.labels.size());
  spec.seed = data.seed;

  std::vector<float> learning_rate, log(2 * data.valid.size(), 0.0F);
  for (uint64_t t = 1; t <= data.valid.size(); ++t) learning_rate.push_back(static_cast<float>(spec.adam.step_size(t)));
  const std::vector<float> params = sateen::pack_parameters(model, layout_, model.weights());
  const std::vector<float> zeros(params.size(), 0.0F);
  const std::vector<int32_t> cursor{0, data.first_step};

  auto upload = [this](const auto& values) {
    buffers_.push_back(device_.create_buffer(values.data(), values.size() * sizeof(values[0])));
  };
  upload(params);
  upload(zeros);
  upload(zeros);
  upload(zeros);
  upload(data.images);
  upload(data.labels);
  upload(data.permutation);
  upload(data.valid);
  upload(learning_rate);
  upload(cursor);
  upload(log);

  sateen::Graph training = sateen::emit_training_step(model, layout_, spec, alignment);
  training_ = device_.compile(training);
}

void StepRunner::step() {
  training_.run(std::vector<sateen::Binding>(buffers_.begin(), buffers_.end()));
}

std::vector<float> StepRunner::read_parameters(size_t binding) const {
  return sateen::unpack_parameters(model_, layout_, buffers_[binding].read_as<float>());
}

TrainingState StepRunner::state() const {
  return {read_parameters(TrainingStep::kParameters), read_parameters(TrainingStep::kGradients),
          read_parameters(TrainingStep::kAdamM), read_parameters(TrainingStep::kAdamV)};
}

std::array<float, 2> StepRunner::log(size_t row) const {
  const std::vector<float> all = buffers_[TrainingStep::kLog].read_as<float>();
  return {all.at(2 * row), all.at(2 * row + 1)};
}

std::array<int32_t, 2> StepRunner::cursor() const {
  const std::vector<int32_t> both = buffers_[TrainingStep::kCursor].read_as<int32_t>();
  return {both.at(0), both.at(1)};
}

std::vector<float> StepRunner::predict() {
  // A program's frozen weights never change, so each prediction compiles one of its own over a copy of them.
  const std::vector<float> params = buffers_[TrainingStep::kParameters].read_as<float>();
  sateen::Graph graph = sateen::emit_prediction(model_, layout_, batch_, {}, device_.info().alignment);
  sateen::Program program = device_.compile(graph);

  const uint64_t values = static_cast<uint64_t>(batch_) * model_.output_shape().elements();
  const uint64_t pixels = static_cast<uint64_t>(batch_) * model_.input_shape().elements();
  std::vector<uint8_t> images(buffers_[TrainingStep::kImages].size());
  buffers_[TrainingStep::kImages].read(images.data(), images.size());
  const sateen::Buffer frozen = device_.create_buffer(params.data(), params.size() * sizeof(float));
  const sateen::Buffer src = device_.create_buffer(images.data(), pixels);
  const sateen::Buffer dst = device_.create_buffer(values * sizeof(float));
  program.run(std::vector<sateen::Binding>{frozen, src, dst});
  return dst.read_as<float>();
}

}  // namespace step_tests
