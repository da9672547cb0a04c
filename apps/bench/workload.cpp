// The work that is timed: training or prediction of the published network, on pictures in memory.
#include "bench/workload.hpp"

#include <algorithm>

#include "common/networks.hpp"
#include "sateen/predict.hpp"
#include "sateen/train.hpp"

namespace sateen::app {
namespace {

class Training final : public Workload {
 public:
  Training(const BenchSettings& settings, const Material& material, const Device& device)
      : trainer_(device, material.model, material.data, split(material.data.size(), 0, 0), options(settings)) {}

  // Of an epoch that is left after its first step: a pass begins it anew.
  void step() override {
    trainer_.begin_epoch();
    trainer_.run_steps(1);
    static_cast<void>(trainer_.model());  // waits
  }
  uint64_t pass() override { return trainer_.fit(1).front().train.images; }
  TrainProfile profile() const override { return trainer_.profile(); }

 private:
  static TrainOptions options(const BenchSettings& settings) {
    TrainOptions options;
    options.batch_size = settings.batch_size;
    return options;
  }
  Trainer trainer_;
};

class Inference final : public Workload {
 public:
  Inference(const BenchSettings& settings, const Material& material, const Device& device)
      : data_(material.data),
        batch_(std::min(data_.images().size(),
                        static_cast<size_t>(settings.batch_size) * data_.sample_shape().elements())),
        predictor_(device, material.model, {}, settings.batch_size) {}

  void step() override { static_cast<void>(predictor_.predict(data_.images().first(batch_))); }
  uint64_t pass() override {
    static_cast<void>(predictor_.predict(data_.images()));
    return data_.size();
  }
  TrainProfile profile() const override {
    TrainProfile profile{predictor_.profile(), 0, 0};
    profile.steps = profile.operations.empty() ? 0 : profile.operations.front().runs;
    return profile;
  }

 private:
  const Dataset& data_;
  size_t batch_;  ///< bytes of its pictures
  Predictor predictor_;
};

/// Whole batches, so many that what an epoch does once is little beside its steps.
uint32_t images_for(const BenchSettings& settings, const DeviceInfo& device) {
  if (settings.images != 0) return settings.images;
  const bool cpu = device.type == SATEEN_DEVICE_CPU;
  const int64_t images = cpu ? 1024 : 16384;
  const int64_t batches = std::max<int64_t>((images - 1) / settings.batch_size + 1, cpu ? 4 : 16);
  return static_cast<uint32_t>(
      std::min(batches * settings.batch_size, kMaxImages / settings.batch_size * settings.batch_size));
}

}  // namespace

Material make_material(const BenchSettings& settings, const DeviceInfo& device) {
  Sequential model = network(settings.model);
  model.initialise(0);
  Dataset data = noise_dataset(model.input_shape(), static_cast<uint32_t>(model.output_shape().elements()),
                               images_for(settings, device));
  return {std::move(model), std::move(data)};
}

std::unique_ptr<Workload> make_workload(const BenchSettings& settings, const Material& material, const Device& device) {
  if (settings.mode == Mode::kTrain) return std::make_unique<Training>(settings, material, device);
  return std::make_unique<Inference>(settings, material, device);
}

}  // namespace sateen::app
