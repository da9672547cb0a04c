// A training step of the published network, against the reference and against itself.
#include <bit>
#include <cstdint>
#include <cstring>

#include "common/numbers.hpp"
#include "info/self_test/checks.hpp"
#include "sateen/gradients.hpp"
#include "sateen/random.hpp"

namespace sateen::app {

namespace {

constexpr double kBound = 1e-4;  // of the largest gradient of a parameter
constexpr uint32_t kBatchesTried = 10;
constexpr size_t kBatch = 16;  // the fewest that a GEMM library is used for

Sequential network(bool dropout) {
  Sequential model = fashion_mnist_network(dropout);
  model.initialise(1);
  return model;
}

Batch random_batch(const Sequential& model, uint32_t seed) {
  RandomStream stream(seed, random_stream(RandomPurpose::kInitialWeights, 1));
  Batch batch;
  batch.seed = seed;
  batch.step = 5;
  batch.images.resize(kBatch * model.input_shape().elements());
  for (uint8_t& pixel : batch.images) pixel = static_cast<uint8_t>(stream.below(256));
  for (size_t i = 0; i < kBatch; ++i) {
    batch.labels.push_back(static_cast<uint8_t>(stream.below(static_cast<uint32_t>(model.output_shape().elements()))));
  }
  return batch;
}

bool same(const Gradients& a, const Gradients& b) {
  return a.values.size() == b.values.size() && std::bit_cast<uint64_t>(a.loss) == std::bit_cast<uint64_t>(b.loss) &&
         std::memcmp(a.values.data(), b.values.data(), a.values.size() * sizeof(float)) == 0;
}

}  // namespace

Outcome check_gradients(Subject& subject, bool dropout) {
  const Sequential model = network(dropout);
  for (uint32_t seed = 0; seed < kBatchesTried; ++seed) {
    const Batch batch = random_batch(model, seed);
    const Gradients want = gradients(subject.reference(), model, batch);
    if (!is_smooth(subject.reference(), model, batch, want, kBound / 2)) continue;
    const Gradients got = gradients(subject.device(), model, batch);
    const double off = gradient_distance(model, got.values, want.values);
    const std::string text = "gradients of " + grouped(model.parameter_count()) + " parameters are those of " +
                             subject.reference_name() + ", to " + general(off, 2) + " of their scale";
    return off <= kBound ? passed(text) : failed(text + "; " + general(kBound) + " are allowed");
  }
  return skipped("in " + std::to_string(kBatchesTried) + " batches a value lay on a kink, where devices may differ");
}

Outcome check_determinism(Subject& subject) {
  const Sequential model = network(true);
  const Batch batch = random_batch(model, 0);
  const Gradients first = gradients(subject.device(), model, batch);
  if (!same(first, gradients(subject.device(), model, batch))) {
    return failed("a training step gives other bytes when it runs again");
  }
  if (!same(first, gradients(subject.open_another(), model, batch))) {
    return failed("a training step gives other bytes when the device is opened anew");
  }
  return passed("a training step gives the same bytes again, also on the device opened anew");
}

}  // namespace sateen::app
