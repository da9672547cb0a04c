// load_model: a whole model file, from a file in memory.
#include <algorithm>
#include <cmath>

#include "container_bytes.hpp"
#include "memory_file.hpp"
#include "sateen/error.hpp"
#include "sateen/model_file.hpp"

namespace sateen::fuzz {

Outcome try_input(Bytes input) {
  static MemoryFile file;
  file.set(input);
  try {
    const ModelFile model = load_model(file.path());
    const std::span<const float> weights = model.model.weights();
    require(std::all_of(weights.begin(), weights.end(), [](float w) { return std::isfinite(w); }), "finite weights");
    require(model.model.output_shape().elements() == model.class_names.size(), "a label for each output");
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
  return container_seeds();
}

}  // namespace sateen::fuzz
