// BatchNorm in a training: what its running statistics follow, that rows which don't count have no part in it, that Adam
// leaves the statistics alone, and that a training that goes on gives the same bytes.
#define BOOST_TEST_DYN_LINK
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "corners.hpp"
#include "expect_error.hpp"
#include "sateen/flops.hpp"
#include "sateen/gradients.hpp"
#include "sateen/train.hpp"

using namespace sateen;

namespace {

Device cpu(const std::string& threads = "1") {
  const std::vector<std::string> settings{"threads=" + threads};
  return Registry(Registry::Options{{}, false, {}}).open("cpu", {}, settings);
}

/// A convolution's channels before and after a LeakyReLU, and a dense layer's.
Sequential network() {
  Sequential model({8, 8, 1});
  model.add(Conv2D(5)).add(BatchNorm()).add(LeakyReLU()).add(MaxPool2D()).add(BatchNorm(0.5));
  model.add(Flatten()).add(Dense(9)).add(LeakyReLU()).add(BatchNorm()).add(Dense(4));
  model.initialise(3);
  return model;
}

/// Of pixels as the network sees them; few enough for a difference of sums in double.
struct Sums {
  explicit Sums(std::span<const uint8_t> pixels) : count(static_cast<double>(pixels.size())) {
    for (const uint8_t pixel : pixels) {
      const double x = pixel / 255.0;
      sum += x;
      squares += x * x;
    }
  }
  Sums without(const Sums& other) const {
    Sums rest = *this;
    rest.count -= other.count;
    rest.sum -= other.sum;
    rest.squares -= other.squares;
    return rest;
  }
  double mean() const { return sum / count; }
  double variance() const { return squares / count - mean() * mean(); }

  double count, sum = 0, squares = 0;
};

std::span<const float> parameter(const Sequential& model, const std::string& name) {
  for (const Parameter& p : model.parameters()) {
    if (p.name == name) return model.weights().subspan(p.offset, p.spec.shape.elements());
  }
  BOOST_FAIL("no parameter " << name);
  return {};
}

Trainer trainer(const std::string& threads, const Sequential& model) {
  const Dataset data = corners();
  TrainOptions options;
  options.batch_size = 16;
  return {cpu(threads), model, data, split(data.size(), 0.2, 0), options};
}

std::vector<float> weights_after(Trainer& t, int64_t epochs) {
  t.fit(epochs);
  const Sequential model = t.model();
  return {model.weights().begin(), model.weights().end()};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(batch_norm)

BOOST_AUTO_TEST_CASE(parameters_and_their_start) {
  const Sequential model = network();
  for (const char* name : {"norm1.scale", "norm2.scale", "norm3.variance"}) {
    for (const float x : parameter(model, name)) BOOST_TEST(x == 1.0F);
  }
  for (const char* name : {"norm1.shift", "norm3.mean"}) {
    for (const float x : parameter(model, name)) BOOST_TEST(x == 0.0F);
  }
  BOOST_TEST(parameter(model, "norm1.mean").size() == 5U);
  BOOST_TEST(parameter(model, "norm3.mean").size() == 9U);
  BOOST_TEST(model.parameter_count() - model.trainable_count() == 2 * (5U + 5U + 9U));
}

// Two steps an epoch: in the second one row counts, and the others hold zeros. Which image that is, the order tells, so
// it has to be one of them.
BOOST_AUTO_TEST_CASE(running_statistics_follow_the_rows_that_count) {
  const Dataset data = corners();
  Sequential model(data.sample_shape());
  model.add(BatchNorm(0.75)).add(Flatten()).add(Dense(4));
  model.initialise(1);
  TrainOptions options;
  options.batch_size = kImages - 1;
  Trainer t(cpu(), model, data, split(data.size(), 0, 0), options);
  t.fit(1);
  const Sequential after = t.model();
  const double mean = parameter(after, "norm1.mean")[0];
  const double variance = parameter(after, "norm1.variance")[0];
  const Sums all(data.images());
  const size_t sample = data.sample_shape().elements();
  int fitting = 0;
  for (size_t i = 0; i < kImages; ++i) {
    const Sums one(data.images().subspan(i * sample, sample));
    const Sums rest = all.without(one);
    const double expected_mean = 0.75 * 0.25 * rest.mean() + 0.25 * one.mean();
    const double expected_variance = 0.75 * (0.75 + 0.25 * rest.variance()) + 0.25 * one.variance();
    if (std::abs(mean - expected_mean) < 1e-6 && std::abs(variance - expected_variance) < 1e-6) ++fitting;
  }
  BOOST_TEST(fitting == 1);
}

BOOST_AUTO_TEST_CASE(nothing_writes_the_gradient_of_the_statistics) {
  const Sequential model = network();
  const Dataset data = corners();
  Batch batch;
  const size_t sample = model.input_shape().elements();
  batch.labels.assign(data.labels().begin(), data.labels().begin() + 12);
  batch.images.assign(data.images().begin(), data.images().begin() + static_cast<std::ptrdiff_t>(12 * sample));
  const Gradients diff = gradients(cpu(), model, batch);
  for (const Parameter& p : model.parameters()) {
    const auto values = std::span(diff.values).subspan(p.offset, p.spec.shape.elements());
    const bool any = std::any_of(values.begin(), values.end(), [](float x) { return x != 0.0F; });
    BOOST_TEST(any == p.spec.trainable, p.name);
  }
}

BOOST_AUTO_TEST_CASE(adam_leaves_the_statistics_alone) {
  // With momentum 1 they stay as they are, so any change would be Adam's.
  const Dataset data = corners();
  Sequential model(data.sample_shape());
  model.add(Conv2D(4)).add(BatchNorm(1)).add(Flatten()).add(Dense(4));
  model.initialise(1);
  const std::array<float, 4> odd = {0.1F, -1e-30F, 3e20F, 7.0F};
  for (const Parameter& p : model.parameters()) {
    if (!p.spec.trainable)
      std::copy(odd.begin(), odd.end(), model.weights().begin() + static_cast<std::ptrdiff_t>(p.offset));
  }
  Trainer t(cpu(), model, data, split(data.size(), 0, 0), {});
  t.fit(3);
  const Sequential after = t.model();
  for (const char* name : {"norm1.mean", "norm1.variance"}) {
    const auto values = parameter(after, name);
    for (size_t i = 0; i < 4; ++i) {
      BOOST_TEST(values[i] == odd[i]);
    }
  }
}

// A variance beyond f32 is no reason to go on with an output of nothing but shifts.
BOOST_AUTO_TEST_CASE(an_overflow_in_a_batch_is_seen) {
  const Dataset data = corners();
  Sequential model(data.sample_shape());
  model.add(Conv2D(4)).add(BatchNorm(0.9)).add(LeakyReLU()).add(Flatten()).add(Dense(4));
  model.initialise(1);
  for (float& weight : model.weights().subspan(0, 36)) weight *= 1e20F;
  TrainOptions options;
  options.batch_size = 16;
  Trainer t(cpu(), model, data, split(data.size(), 0.2, 0), options);
  EXPECT_ERROR(t.fit(1), ErrorCode::kDiverged, "the loss is not finite at step 1");
}

BOOST_AUTO_TEST_CASE(threads_change_nothing) {
  Trainer one = trainer("1", network()), many = trainer("5", network());
  BOOST_TEST((weights_after(one, 2) == weights_after(many, 2)));
}

BOOST_AUTO_TEST_CASE(a_restored_training_gives_the_same_bytes) {
  Trainer whole = trainer("2", network());
  const std::vector<float> want = weights_after(whole, 3);
  Trainer first = trainer("2", network());
  const std::vector<EpochRecord> history = first.fit(1);
  Trainer second = trainer("2", first.model());
  second.restore(first.state(), history);
  BOOST_TEST((weights_after(second, 2) == want));
}

BOOST_AUTO_TEST_CASE(a_state_with_means_of_the_statistics) {
  Trainer first = trainer("2", network());
  first.fit(1);
  for (std::vector<float> TrainState::*means : {&TrainState::adam_m, &TrainState::adam_v}) {
    TrainState state = first.state();
    const Sequential model = first.model();
    for (const Parameter& p : model.parameters()) {
      if (p.name == "norm2.mean") (state.*means)[p.offset] = 1;
    }
    Trainer second = trainer("2", first.model());
    EXPECT_ERROR(second.restore(state), ErrorCode::kUsage, "what Adam does not move");
  }
}

BOOST_AUTO_TEST_CASE(it_counts_as_no_product) {
  const std::vector<OperationFlops> all = count_flops(network(), true);
  for (const OperationFlops& one : all) BOOST_TEST(one.operation.find("norm") == std::string::npos);
  // Behind a first layer that is trained a convolution has a gradient by its source.
  Sequential model({4, 4, 1});
  model.add(BatchNorm()).add(Conv2D(2));
  BOOST_TEST(count_flops(model, true).size() == 3U);
}

BOOST_AUTO_TEST_SUITE_END()
