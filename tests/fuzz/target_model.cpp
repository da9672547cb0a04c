// inspect: a whole model file or checkpoint, from a file in memory; what load_model takes of it.
#include <algorithm>
#include <cmath>

#include "container_bytes.hpp"
#include "memory_file.hpp"
#include "sateen/error.hpp"
#include "sateen/inspect.hpp"

namespace sateen::fuzz {

namespace {

void check_finite(std::span<const float> values, const char* what) {
  require(std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); }), what);
}

void check_checkpoint(const Checkpoint& checkpoint) {
  const uint64_t weights = checkpoint.file.model.parameter_count();
  require(checkpoint.state.adam_m.size() == weights && checkpoint.state.adam_v.size() == weights, "as many means");
  check_finite(checkpoint.state.adam_m, "finite means");
  check_finite(checkpoint.state.adam_v, "finite means");
  require(std::isfinite(checkpoint.state.loss_sum) && std::isfinite(checkpoint.state.correct), "finite sums");
  require(checkpoint.history.size() == static_cast<uint64_t>(checkpoint.state.epoch), "a row for each epoch");
  if (!checkpoint.best) return;
  require(checkpoint.best->epoch >= 1 && checkpoint.best->epoch <= checkpoint.state.epoch, "a best epoch there is");
  check_finite(best_model(checkpoint).model.weights(), "finite best weights");
}

}  // namespace

Outcome try_input(Bytes input) {
  static MemoryFile file;
  file.set(input);
  try {
    const FileSummary summary = inspect(file.path());
    const ModelFile& model = summary.model();
    check_finite(model.model.weights(), "finite weights");
    require(model.model.output_shape().elements() == model.class_names.size(), "a label for each output");
    if (summary.checkpoint() != nullptr) check_checkpoint(*summary.checkpoint());
    require(load_model(file.path()).model.parameter_count() == model.model.parameter_count(), "the same model");
    return Outcome::kAccepted;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kBadInput) throw;
    return has_right_checksums(input) ? Outcome::kPassed : Outcome::kRefused;
  }
}

void mutate(Input& input, size_t most, uint32_t choice, const Change& change) {
  mutate_container(input, most, choice, change);
}

std::vector<Input> seeds() {
  std::vector<Input> all = container_seeds();
  for (Input& checkpoint : checkpoint_seeds()) all.push_back(std::move(checkpoint));
  return all;
}

}  // namespace sateen::fuzz
