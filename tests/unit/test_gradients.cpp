// Gradients of one step: against the differences of the loss, and how their distance is measured.
#define BOOST_TEST_DYN_LINK
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "expect_error.hpp"
#include "sateen/gradients.hpp"

namespace {

sateen::Sequential small_network() {
  sateen::Sequential model({4, 4, 1});
  model.add(sateen::Conv2D(3)).add(sateen::LeakyReLU()).add(sateen::MaxPool2D());
  model.add(sateen::Flatten()).add(sateen::Dropout(0.25)).add(sateen::Dense(3));
  model.initialise(7);
  return model;
}

/// Batch normalisation of pooled channels, and of a dense layer's.
sateen::Sequential norm_network() {
  sateen::Sequential model({4, 4, 1});
  model.add(sateen::Conv2D(3)).add(sateen::LeakyReLU()).add(sateen::MaxPool2D()).add(sateen::BatchNorm());
  model.add(sateen::Flatten()).add(sateen::Dense(4)).add(sateen::LeakyReLU()).add(sateen::BatchNorm());
  model.add(sateen::Dense(3));
  model.initialise(7);
  return model;
}

sateen::Batch small_batch() {
  sateen::Batch batch;
  for (int i = 0; i < 5 * 16; ++i) batch.images.push_back(static_cast<uint8_t>(37 * i * i + 11 * i));
  batch.labels = {0, 2, 1, 1, 0};
  batch.seed = 3;
  batch.step = 2;
  return batch;
}

sateen::Device cpu() {
  return sateen::Registry().open("cpu");
}

void check_slopes(const sateen::Sequential& model) {
  const sateen::Batch batch = small_batch();
  const sateen::Gradients at = sateen::gradients(cpu(), model, batch);
  BOOST_REQUIRE_EQUAL(at.values.size(), model.parameter_count());
  BOOST_TEST(at.loss > 0.0);
  constexpr float kStep = 1e-2F;
  double largest = 0;
  for (const float g : at.values) largest = std::max(largest, std::abs(double{g}));
  for (size_t i = 0; i < at.values.size(); i += 5) {
    sateen::Sequential up = model, down = model;
    up.weights()[i] += kStep;
    down.weights()[i] -= kStep;
    const double slope = (sateen::gradients(cpu(), up, batch).loss - sateen::gradients(cpu(), down, batch).loss) /
                         (double{up.weights()[i]} - double{down.weights()[i]});
    BOOST_TEST(std::abs(slope - double{at.values[i]}) < 0.02 * largest, "weight " << i);
  }
  BOOST_TEST(sateen::is_smooth(cpu(), model, batch, at, 1e-3));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(gradients)

BOOST_AUTO_TEST_CASE(are_the_slopes_of_the_loss) {
  const sateen::Sequential model = small_network();
  check_slopes(model);
  BOOST_TEST((model.weights()[0] == small_network().weights()[0]));
}

BOOST_AUTO_TEST_CASE(are_the_slopes_with_batch_norm) {
  check_slopes(norm_network());
}

BOOST_AUTO_TEST_CASE(seed_and_step_number_the_masks) {
  const sateen::Sequential model = small_network();
  const sateen::Batch batch = small_batch();
  const std::vector<float> first = sateen::gradients(cpu(), model, batch).values;
  BOOST_TEST((sateen::gradients(cpu(), model, batch).values == first));
  sateen::Batch other = batch;
  other.step = 3;
  BOOST_TEST((sateen::gradients(cpu(), model, other).values != first));
  other = batch;
  other.seed = 4;
  BOOST_TEST((sateen::gradients(cpu(), model, other).values != first));
}

BOOST_AUTO_TEST_CASE(a_batch_that_does_not_fit) {
  const sateen::Sequential model = small_network();
  EXPECT_ERROR(sateen::gradients(cpu(), model, {}), sateen::ErrorCode::kUsage, "empty");
  sateen::Batch batch = small_batch();
  batch.images.pop_back();
  EXPECT_ERROR(sateen::gradients(cpu(), model, batch), sateen::ErrorCode::kUsage, "79 pixels");
  batch = small_batch();
  batch.labels[2] = 3;
  EXPECT_ERROR(sateen::gradients(cpu(), model, batch), sateen::ErrorCode::kUsage, "label of 3");
}

BOOST_AUTO_TEST_CASE(distance_is_in_units_of_each_parameter) {
  const sateen::Sequential model = small_network();
  std::vector<float> want(model.parameter_count(), 0.5F);
  const sateen::Parameter& last = model.parameters().back();
  for (size_t i = last.offset; i < want.size(); ++i) want[i] = 0.001F;
  std::vector<float> got = want;
  BOOST_TEST(sateen::gradient_distance(model, got, want) == 0.0);
  got.back() += 0.0005F;
  BOOST_TEST(std::abs(sateen::gradient_distance(model, got, want) - 0.5) < 1e-4);
  got.front() = std::numeric_limits<float>::quiet_NaN();
  BOOST_TEST(std::isinf(sateen::gradient_distance(model, got, want)));
}

BOOST_AUTO_TEST_SUITE_END()
