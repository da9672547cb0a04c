// Checkpoints for the targets that read them.
#include <algorithm>

#include "container_bytes.hpp"
#include "sateen/checkpoint.hpp"
#include "temp_folder.hpp"

namespace sateen::fuzz {

namespace {

Checkpoint checkpoint_of(Sequential model) {
  model.weights()[0] = 1.0F;
  Checkpoint checkpoint{{std::move(model), {}, {"a", "b"}, "1", 1, 2}};
  std::vector<float> means(checkpoint.file.model.parameter_count(), 0.5F);
  for (const Parameter& p : checkpoint.file.model.parameters()) {
    if (!p.spec.trainable)
      std::fill_n(means.begin() + static_cast<std::ptrdiff_t>(p.offset), p.spec.shape.elements(), 0.0F);
  }
  checkpoint.state.adam_m = checkpoint.state.adam_v = means;
  checkpoint.device = "cpu";
  checkpoint.epochs = 3;
  return checkpoint;
}

}  // namespace

std::vector<Input> checkpoint_seeds() {
  Sequential model({1});
  model.add(Dense(2));
  Checkpoint checkpoint = checkpoint_of(model);
  const std::vector<float> means = checkpoint.state.adam_m;
  const TempFolder folder;
  save_checkpoint(checkpoint, folder / "beginning");
  checkpoint.state.epoch = 1;
  checkpoint.state.step = 2;
  checkpoint.state.images = 3;
  checkpoint.state.loss_sum = 0.5;
  checkpoint.history.push_back({1, {0.5, 0.5, 4}, {0.25, 1, 2}, 1e-3});
  checkpoint.best = {1, means};
  save_checkpoint(checkpoint, folder / "within");
  checkpoint.plan.schedule.kind = ScheduleKind::kStep;
  checkpoint.plan.early_stop.patience = 2;
  checkpoint.restore_best = true;
  save_checkpoint(checkpoint, folder / "steered");
  save_checkpoint(checkpoint_of(std::move(model.add(BatchNorm()))), folder / "norm");
  return {get_file(folder / "beginning"), get_file(folder / "within"), get_file(folder / "steered"),
          get_file(folder / "norm")};
}

}  // namespace sateen::fuzz
