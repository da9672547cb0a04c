// The device under test and cpu train the published network with dropout on the real Fashion-MNIST. Along one training on
// cpu single steps give the same gradients; from one start the losses of the first steps are the same; after an epoch
// the accuracy is. The figures reached are printed, and stand in docs/agreement.md.
#define BOOST_TEST_DYN_LINK
#include <algorithm>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "oracle.hpp"
#include "sateen/data.hpp"
#include "sateen/train.hpp"
#include "step_runner.hpp"
#include "target.hpp"

namespace {

using step_tests::StepData;
using step_tests::StepRunner;

constexpr uint64_t kSeed = 0;
constexpr int64_t kBatch = 64;
constexpr size_t kStates[] = {0, 5, 25, 100, 400};  // steps of training behind them
constexpr double kGradientBound = 1e-4;             // of the tensor's largest |gradient|
// Where a value lies next to a kink of LeakyReLU or of a maximum, a rounding changes the gradient by a jump, and no two
// devices need agree. A batch is not used if cpu's own gradient jumps when each weight moves by this share of it.
constexpr float kNudge = 5e-7F;
constexpr int kNudges = 3;
constexpr size_t kBatchesTried = 50;
constexpr size_t kLosses = 20;
constexpr double kLossBound = 1e-3;  // of the loss
constexpr double kAccuracyBound = 0.015;

const sateen::Dataset& images() {
  static const sateen::Dataset kImages =
      sateen::load_fashion_mnist(sateen::default_data_folder(), sateen::FashionMnistPart::kTrain);
  return kImages;
}

sateen::Split images_split() {
  return sateen::split(images().size(), 0.2, kSeed);
}

sateen::Sequential network() {
  sateen::Sequential model = sateen::fashion_mnist_network(true);
  model.initialise(kSeed);
  return model;
}

sateen::Device cpu() {
  return sateen::Registry().open("cpu");
}

/// Whole batches of the training part, in the split's order.
StepData batches(size_t first, size_t count) {
  StepData r;
  r.seed = kSeed;
  r.batch = kBatch;
  const std::vector<int32_t> order = images_split().train;
  const auto rows = static_cast<size_t>(kBatch);
  for (size_t i = first * rows; i < (first + count) * rows; ++i) {
    const auto image = static_cast<uint32_t>(order.at(i));
    r.images.insert(r.images.end(), images().image(image).begin(), images().image(image).end());
    r.labels.push_back(images().labels()[image]);
    r.permutation.push_back(static_cast<int32_t>(r.permutation.size()));
  }
  r.valid.assign(count, kBatch);
  return r;
}

std::vector<float> gradient(const sateen::Device& device, const sateen::Sequential& model, const StepData& data) {
  StepRunner runner(device, model, data);
  runner.step();
  return runner.state().diff;
}

/// The largest difference, in units of the tensor's largest |value|.
double distance(std::span<const float> got, std::span<const float> want) {
  double largest = 0, error = 0;
  for (size_t i = 0; i < want.size(); ++i) {
    largest = std::max(largest, std::abs(double{want[i]}));
    const double off = std::abs(double{got[i]} - double{want[i]});
    error = std::isfinite(off) ? std::max(error, off) : HUGE_VAL;
  }
  BOOST_REQUIRE(largest > 0 && std::isfinite(largest));
  return error / largest;
}

/// The largest of the distances of all parameters.
double distance(const sateen::Sequential& model, const std::vector<float>& got, const std::vector<float>& want) {
  double worst = 0;
  for (const sateen::Parameter& p : model.parameters()) {
    const size_t n = p.spec.shape.elements();
    worst = std::max(worst, distance(std::span(got).subspan(p.offset, n), std::span(want).subspan(p.offset, n)));
  }
  return worst;
}

/// Whether cpu's gradient is nearly the same when the weights are.
bool is_smooth(const sateen::Sequential& model, const StepData& data, const std::vector<float>& diff) {
  sateen::Sequential nudged = model;
  oracle::Random random(kSeed);
  for (int i = 0; i < kNudges; ++i) {
    std::transform(model.weights().begin(), model.weights().end(), nudged.weights().begin(),
                   [&](float w) { return w + (random.below(2) == 0 ? kNudge : -kNudge) * w; });
    if (distance(model, gradient(cpu(), nudged, data), diff) > kGradientBound / 2) return false;
  }
  return true;
}

}  // namespace

BOOST_AUTO_TEST_CASE(gradients) {
  sateen::Sequential model = network();
  StepRunner training(cpu(), model, batches(0, std::end(kStates)[-1]));
  size_t done = 0;
  for (const size_t state : kStates) {
    for (; done < state; ++done) training.step();
    const std::vector<float> weights = training.state().params;
    std::copy(weights.begin(), weights.end(), model.weights().begin());

    StepData data;
    std::vector<float> want;
    size_t tried = 0;
    do {
      BOOST_REQUIRE_MESSAGE(tried < kBatchesTried, "after " << state << " steps no batch is away from every kink");
      data = batches(state + tried++, 1);
      data.first_step = static_cast<int32_t>(state);
      want = gradient(cpu(), model, data);
    } while (!is_smooth(model, data, want));

    const double error = distance(model, gradient(conformance::target().device(), model, data), want);
    BOOST_TEST_MESSAGE("after " << state << " steps: largest difference of a gradient " << error << ", with batch "
                                << tried << " of those tried");
    BOOST_TEST(error <= kGradientBound);
  }
}

BOOST_AUTO_TEST_CASE(losses) {
  StepRunner device(conformance::target().device(), network(), batches(0, kLosses));
  StepRunner reference(cpu(), network(), batches(0, kLosses));
  double worst = 0;
  for (size_t i = 0; i < kLosses; ++i) {
    device.step();
    reference.step();
    const double got = device.log(i)[0], want = reference.log(i)[0];
    const double error = std::abs(got - want) / want;
    BOOST_TEST(error <= kLossBound, "step " << i << ": loss " << got / kBatch << ", on cpu " << want / kBatch);
    worst = std::max(worst, error);
  }
  BOOST_TEST_MESSAGE("first " << kLosses << " steps: largest relative difference of a loss " << worst);
}

BOOST_AUTO_TEST_CASE(epoch) {
  const auto accuracy = [](const sateen::Device& device) {
    sateen::TrainOptions options;
    options.batch_size = kBatch;
    options.seed = kSeed;
    sateen::Trainer trainer(device, network(), images(), images_split(), options);
    const sateen::EpochRecord record = trainer.fit(1).at(0);
    BOOST_TEST(record.train.images == 48000U);
    BOOST_TEST(record.held_out.images == 12000U);
    return record.held_out.accuracy;
  };
  const double got = accuracy(conformance::target().device()), want = accuracy(cpu());
  BOOST_TEST_MESSAGE("after an epoch: held-out accuracy " << got << ", on cpu " << want);
  BOOST_TEST(want > 0.8);
  BOOST_TEST(std::abs(got - want) <= kAccuracyBound);
}
