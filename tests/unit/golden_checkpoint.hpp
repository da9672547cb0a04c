// The checkpoint that the golden file holds.
#pragma once

#include "golden_model.hpp"
#include "sateen/checkpoint.hpp"

/// The golden file holds it: it never changes.
inline sateen::Checkpoint golden_checkpoint() {
  sateen::Checkpoint checkpoint{golden_model()};
  const size_t weights = checkpoint.file.model.parameter_count();
  checkpoint.state.epoch = 2;
  checkpoint.state.step = 3;
  checkpoint.state.loss_sum = 10.0625;
  checkpoint.state.correct = 17;
  checkpoint.state.images = 24;
  checkpoint.best = {1, {}};
  for (size_t i = 0; i < weights; ++i) {
    checkpoint.state.adam_m.push_back(static_cast<float>(i) / 64 - 0.25F);
    checkpoint.state.adam_v.push_back(static_cast<float>(i) / 128);
    checkpoint.best->weights.push_back(0.5F - static_cast<float>(i % 5) / 4);
  }
  checkpoint.batch_size = 8;
  checkpoint.held_out_share = 0.2;
  checkpoint.epochs = 5;
  checkpoint.device = "cpu, Größe 7";
  checkpoint.history.push_back({1, {0.75, 0.5, 40}, {0.5, 0.75, 10}, 0.001, 0, 0, true});
  checkpoint.history.push_back({2, {0.5, 0.625, 40}, {0.625, 0.5, 10}, 0.001, 0, 0, false});
  return checkpoint;
}

inline std::filesystem::path golden_checkpoint_path() {
  return std::filesystem::path(SATEEN_UNIT_DATA) / "golden-checkpoint-1.0.sateen";
}

inline void check_equal(const sateen::Checkpoint& a, const sateen::Checkpoint& b) {
  check_equal(a.file, b.file);
  BOOST_TEST(a.state.epoch == b.state.epoch);
  BOOST_TEST(a.state.step == b.state.step);
  BOOST_TEST(a.state.loss_sum == b.state.loss_sum);
  BOOST_TEST(a.state.correct == b.state.correct);
  BOOST_TEST(a.state.images == b.state.images);
  BOOST_TEST((a.state.adam_m == b.state.adam_m));
  BOOST_TEST((a.state.adam_v == b.state.adam_v));
  BOOST_TEST(a.batch_size == b.batch_size);
  BOOST_TEST(a.adam.learning_rate == b.adam.learning_rate);
  BOOST_TEST(a.adam.beta1 == b.adam.beta1);
  BOOST_TEST(a.adam.beta2 == b.adam.beta2);
  BOOST_TEST(a.adam.epsilon == b.adam.epsilon);
  BOOST_TEST(a.held_out_share == b.held_out_share);
  BOOST_TEST(a.epochs == b.epochs);
  BOOST_TEST(a.device == b.device);
  BOOST_TEST((a.choices == b.choices));
  BOOST_TEST((a.plan == b.plan));
  BOOST_TEST(a.restore_best == b.restore_best);
  BOOST_TEST((a.augmentation == b.augmentation));
  BOOST_TEST_REQUIRE(a.history.size() == b.history.size());
  for (size_t i = 0; i < a.history.size(); ++i) {
    const sateen::EpochRecord &x = a.history[i], &y = b.history[i];
    BOOST_TEST(x.epoch == y.epoch);
    BOOST_TEST(x.train.loss == y.train.loss);
    BOOST_TEST(x.train.accuracy == y.train.accuracy);
    BOOST_TEST(x.train.images == y.train.images);
    BOOST_TEST(x.held_out.loss == y.held_out.loss);
    BOOST_TEST(x.held_out.accuracy == y.held_out.accuracy);
    BOOST_TEST(x.held_out.images == y.held_out.images);
    BOOST_TEST(x.learning_rate == y.learning_rate);
    BOOST_TEST(x.best == y.best);
  }
  BOOST_TEST_REQUIRE(a.best.has_value() == b.best.has_value());
  if (!a.best) return;
  BOOST_TEST(a.best->epoch == b.best->epoch);
  BOOST_TEST((a.best->weights == b.best->weights));
}
