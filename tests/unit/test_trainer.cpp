// The trainer on a small problem: learning, determinism, the step loop, cancelling, diverging.
#define BOOST_TEST_DYN_LINK
#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "corners.hpp"
#include "expect_error.hpp"
#include "sateen/predict.hpp"
#include "sateen/random.hpp"
#include "sateen/train.hpp"

using namespace sateen;

namespace {

Device cpu() {
  return Registry(Registry::Options{{}, false, {}}).open("cpu");
}

Trainer trainer(TrainOptions options = {}, double share = 0.2) {
  const Dataset data = corners();
  if (options.batch_size == 64) options.batch_size = 16;
  return {cpu(), small_network(), data, split(data.size(), share, options.seed), options};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(training)

BOOST_AUTO_TEST_CASE(it_learns_and_counts) {
  Trainer t = trainer();
  std::vector<EpochRecord> seen;
  FitCallbacks callbacks;
  callbacks.on_epoch = [&](const EpochRecord& r) { seen.push_back(r); };
  const auto history = t.fit(12, callbacks);
  BOOST_REQUIRE_EQUAL(history.size(), 12U);
  BOOST_TEST(seen.size() == 12U);
  BOOST_TEST(history[0].epoch == 1);
  BOOST_TEST(history[0].best);
  BOOST_TEST(history[0].train.images == 264U);
  BOOST_TEST(history[0].held_out.images == 66U);
  BOOST_TEST(history[11].held_out.accuracy > 0.9);
  BOOST_TEST(history[11].train.loss < history[0].train.loss);
  double best = std::numeric_limits<double>::infinity();
  for (const auto& r : history) {
    BOOST_TEST(r.best == (r.held_out.loss < best));
    best = std::min(best, r.held_out.loss);
  }

  // What the predictor says agrees with what the trainer counted.
  const Dataset data = corners();
  const Split parts = split(data.size(), 0.2, 0);
  Predictor predictor(cpu(), t.model(), {}, 7);
  int correct = 0;
  double loss = 0;
  for (const int32_t i : parts.held_out) {
    const auto p = predictor.predict(data.image(static_cast<uint32_t>(i)));
    const uint8_t label = data.labels()[static_cast<size_t>(i)];
    correct += std::max_element(p.begin(), p.end()) - p.begin() == label ? 1 : 0;
    loss -= std::log(static_cast<double>(p[label]));
  }
  BOOST_TEST(correct / 66.0 == history[11].held_out.accuracy);
  BOOST_TEST(loss / 66.0 == history[11].held_out.loss, boost::test_tools::tolerance(1e-5));
}

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_bytes_however_it_is_driven) {
  Trainer a = trainer();
  a.fit(2);
  Trainer b = trainer();
  for (int epoch = 0; epoch < 2; ++epoch) {
    b.begin_epoch();
    while (b.run_steps(3) > 0) {
    }
    b.end_epoch();
    if (epoch == 0) b.evaluate();  // leaves the weights alone
  }
  const Sequential x = a.model(), y = b.model();
  BOOST_TEST(std::equal(x.weights().begin(), x.weights().end(), y.weights().begin()));
  BOOST_TEST(b.epoch() == 2);

  TrainOptions other;
  other.seed = 1;
  Trainer c = trainer(other);
  c.fit(2);
  const Sequential z = c.model();
  BOOST_TEST(!std::equal(x.weights().begin(), x.weights().end(), z.weights().begin()));
}

BOOST_AUTO_TEST_CASE(running_metrics_grow) {
  Trainer t = trainer();
  BOOST_TEST(t.steps_per_epoch() == 17);
  t.begin_epoch();
  int64_t steps = -1;
  BOOST_TEST(t.run_steps(5) == 5);
  BOOST_TEST(t.run_steps(5) == 5);
  BOOST_TEST(t.so_far(&steps).images > 0U);
  BOOST_TEST(steps >= 5);
  BOOST_TEST(t.run_steps(100) == 7);
  BOOST_TEST(t.run_steps(100) == 0);
  const Metrics m = t.end_epoch();
  BOOST_TEST(m.images == 264U);
  BOOST_TEST(m.loss > 0.0);
}

BOOST_AUTO_TEST_CASE(nothing_held_out) {
  Trainer t = trainer({}, 0.0);
  const auto history = t.fit(2);
  BOOST_TEST(history[0].train.images == kImages);
  BOOST_TEST(history[0].held_out.images == 0U);
  BOOST_TEST(history[1].best);
}

BOOST_AUTO_TEST_CASE(cancelling_keeps_the_work) {
  Trainer t = trainer();
  CancelToken cancel;
  FitCallbacks callbacks;
  callbacks.on_progress = [&](const Metrics&, int64_t, int64_t) { cancel.cancel(); };
  EXPECT_ERROR(t.fit(5, callbacks, cancel), ErrorCode::kCancelled, "stopped");
  const Sequential after = t.model(), before = small_network();
  BOOST_TEST(!std::equal(after.weights().begin(), after.weights().end(), before.weights().begin()));
  BOOST_TEST(t.epoch() == 0);
}

// Where it is stopped makes no difference: within an epoch, between two, or before an evaluation.
BOOST_AUTO_TEST_CASE(a_restored_training_gives_the_same_bytes) {
  for (const double share : {0.2, 0.0}) {
    Trainer whole = trainer({}, share);
    const auto history = whole.fit(3);
    for (const int64_t steps : {0, 1, 5, 16, 17}) {
      Trainer a = trainer({}, share);
      a.fit(1);
      a.begin_epoch();
      for (int64_t i = 0; i < steps; ++i) a.run_steps(1);
      const TrainState state = a.state();
      BOOST_TEST(state.epoch == 1);
      BOOST_TEST(state.step == std::min(steps, a.steps_per_epoch()));
      const Dataset data = corners();
      TrainOptions options;
      options.batch_size = 16;
      Trainer b(cpu(), a.model(), data, split(data.size(), share, 0), options);
      b.restore(state, {history.begin(), history.begin() + 1});
      const TrainState again = b.state();
      BOOST_TEST(again.step == state.step);
      BOOST_TEST(again.loss_sum == state.loss_sum);
      BOOST_TEST((again.adam_v == state.adam_v));
      const auto rest = b.fit(2);
      for (size_t i = 0; i < 2; ++i) {
        BOOST_TEST(rest[i].epoch == history[i + 1].epoch);
        BOOST_TEST(rest[i].train.loss == history[i + 1].train.loss);
        BOOST_TEST(rest[i].train.accuracy == history[i + 1].train.accuracy);
        BOOST_TEST(rest[i].train.images == history[i + 1].train.images);
        BOOST_TEST(rest[i].held_out.loss == history[i + 1].held_out.loss);
        BOOST_TEST(rest[i].best == history[i + 1].best);
      }
      const Sequential x = whole.model(), y = b.model();
      BOOST_TEST(std::equal(x.weights().begin(), x.weights().end(), y.weights().begin()));
      const TrainState m = whole.state(), n = b.state();
      BOOST_TEST((m.adam_m == n.adam_m));
      BOOST_TEST((m.adam_v == n.adam_v));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_stop_in_an_evaluation_keeps_the_epoch) {
  Trainer whole = trainer();
  const auto history = whole.fit(2);
  Trainer a = trainer();
  CancelToken cancel;
  FitCallbacks callbacks;
  // The last call of an epoch comes before its evaluation.
  callbacks.on_progress = [&](const Metrics&, int64_t, int64_t steps) {
    if (a.state().step == steps) cancel.cancel();
  };
  EXPECT_ERROR(a.fit(2, callbacks, cancel), ErrorCode::kCancelled, "stopped");
  const TrainState state = a.state();
  BOOST_TEST(state.epoch == 0);
  BOOST_TEST(state.step == a.steps_per_epoch());
  Trainer b = trainer();
  const Dataset data = corners();
  TrainOptions options;
  options.batch_size = 16;
  b = Trainer(cpu(), a.model(), data, split(data.size(), 0.2, 0), options);
  b.restore(state);
  const auto rest = b.fit(2);
  BOOST_TEST(rest[0].train.loss == history[0].train.loss);
  BOOST_TEST(rest[0].held_out.loss == history[0].held_out.loss);
  BOOST_TEST(rest[0].images_per_second == 0.0);
  BOOST_TEST(rest[1].held_out.loss == history[1].held_out.loss);
}

BOOST_AUTO_TEST_CASE(fit_goes_on_where_it_was_left) {
  Trainer whole = trainer();
  const auto history = whole.fit(2);
  for (const int64_t stop : {1, 6, 17}) {  // the last one in the evaluation
    Trainer a = trainer();
    CancelToken cancel;
    FitCallbacks callbacks;
    callbacks.on_progress = [&](const Metrics&, int64_t, int64_t) {
      if (a.state().step >= stop) cancel.cancel();
    };
    EXPECT_ERROR(a.fit(2, callbacks, cancel), ErrorCode::kCancelled, "stopped");
    const auto rest = a.fit(2);
    for (size_t i = 0; i < 2; ++i) {
      BOOST_TEST(rest[i].epoch == history[i].epoch);
      BOOST_TEST(rest[i].train.loss == history[i].train.loss);
      BOOST_TEST(rest[i].held_out.loss == history[i].held_out.loss);
    }
  }
}

BOOST_AUTO_TEST_CASE(states_that_are_refused) {
  Trainer a = trainer();
  a.fit(1);
  const TrainState good = a.state();
  EXPECT_ERROR(a.restore(good), ErrorCode::kUsage, "before the first epoch");
  const auto refused = [&](auto change, const char* words) {
    TrainState state = good;
    change(state);
    EXPECT_ERROR(trainer().restore(state), ErrorCode::kUsage, words);
  };
  refused([](TrainState& s) { s.epoch = -1; }, "epoch is out of range");
  refused([](TrainState& s) { s.epoch = 2147483647; }, "epoch is out of range");
  refused([](TrainState& s) { s.step = -1; }, "a step that the epoch does not have");
  refused([](TrainState& s) { s.step = 18; }, "a step that the epoch does not have");
  refused([](TrainState& s) { s.step = 1; }, "not of as many images");
  refused([](TrainState& s) { s.images = 1; }, "not of as many images");
  refused([](TrainState& s) { s.loss_sum = std::nan(""); }, "not finite");
  refused([](TrainState& s) { s.correct = 1; }, "more is right");
  refused([](TrainState& s) { s.adam_v[0] = -1; }, "means are not");
  refused([](TrainState& s) { s.adam_m.pop_back(); }, "means are not those of this model");
  refused([](TrainState& s) { s.adam_v[0] = std::numeric_limits<float>::infinity(); }, "means are not");
  EXPECT_ERROR(trainer().restore(good, std::vector<EpochRecord>(2)), ErrorCode::kUsage, "more epochs than have ended");
}

// A plan that does all that one can, on a problem that is soon as good as it gets.
TrainOptions steered() {
  TrainOptions options;
  options.batch_size = 16;
  options.adam.learning_rate = 0.004;
  options.plan.monitor = Monitor::kHeldOutAccuracy;
  options.plan.schedule = {ScheduleKind::kCosine, 40, 10, 0.1};
  options.plan.reduce = {2, 0.5, 0};
  options.plan.early_stop = {5, 0};
  options.plan.minimum_rate = 1e-5;
  return options;
}

BOOST_AUTO_TEST_CASE(a_plan_steers_it) {
  const TrainOptions options = steered();
  Trainer t = trainer(options);
  const auto history = t.fit(40);
  BOOST_TEST_REQUIRE(history.size() < 40U);
  BOOST_TEST(stops_early(options.plan, history));
  double best = -1;
  for (size_t i = 0; i < history.size(); ++i) {
    const std::span before = std::span(history).first(i);
    BOOST_TEST(history[i].learning_rate == learning_rate(options.plan, 0.004, static_cast<int64_t>(i), before));
    BOOST_TEST(!stops_early(options.plan, before));
    BOOST_TEST(history[i].best == (history[i].held_out.accuracy > best));
    best = std::max(best, history[i].held_out.accuracy);
  }
  BOOST_TEST(plateau_reductions(options.plan, 0.004, history) > 0);
  // It has ended: there is nothing more to do.
  BOOST_TEST(t.fit(5).empty());

  // Stopped and gone on with wherever, it is the same to the byte.
  for (const size_t stop : {size_t{1}, history.size() - 1, history.size()}) {
    Trainer a = trainer(options);
    auto parts = a.fit(static_cast<int64_t>(stop));
    if (stop < history.size()) {
      a.begin_epoch();  // it is stopped within one
      a.run_steps(3);
    }
    const Dataset data = corners();
    Trainer b(cpu(), a.model(), data, split(data.size(), 0.2, 0), options);
    b.restore(a.state(), parts);
    const auto rest = b.fit(40);
    parts.insert(parts.end(), rest.begin(), rest.end());
    BOOST_TEST_REQUIRE(parts.size() == history.size());
    for (size_t i = 0; i < parts.size(); ++i) {
      BOOST_TEST(parts[i].train.loss == history[i].train.loss);
      BOOST_TEST(parts[i].learning_rate == history[i].learning_rate);
      BOOST_TEST(parts[i].best == history[i].best);
    }
    const Sequential x = t.model(), y = b.model();
    BOOST_TEST(std::equal(x.weights().begin(), x.weights().end(), y.weights().begin()));
  }
}

BOOST_AUTO_TEST_CASE(another_learning_rate_from_the_next_epoch_on) {
  Trainer t = trainer();
  t.fit(1);
  t.set_learning_rate(0.5);
  BOOST_TEST(t.fit(1)[0].learning_rate == 0.5);
  EXPECT_ERROR(t.set_learning_rate(0), ErrorCode::kUsage, "learning rate");
  Trainer other = trainer(steered());
  EXPECT_ERROR(other.set_learning_rate(1e-6), ErrorCode::kUsage, "lowest learning rate");
}

BOOST_AUTO_TEST_CASE(plans_that_are_refused) {
  const auto refused = [](auto change, const char* words) {
    TrainOptions options = steered();
    change(options.plan);
    EXPECT_ERROR(trainer(options), ErrorCode::kUsage, words);
  };
  const double nan = std::nan("");
  refused([](TrainingPlan& p) { p.minimum_rate = 0.005; }, "lowest learning rate");
  refused([](TrainingPlan& p) { p.minimum_rate = -1; }, "lowest learning rate");
  refused([&](TrainingPlan& p) { p.minimum_rate = nan; }, "lowest learning rate");
  refused([](TrainingPlan& p) { p.schedule.epochs = 0; }, "at least one epoch");
  refused([](TrainingPlan& p) { p.schedule.step_epochs = 0; }, "at least one epoch");
  for (const double factor : {0.0, 1.0, -0.5, nan}) {
    refused([&](TrainingPlan& p) { p.schedule.factor = factor; }, "factor");
    refused([&](TrainingPlan& p) { p.reduce.factor = factor; }, "factor");
  }
  refused([](TrainingPlan& p) { p.reduce.patience = -1; }, "patience");
  refused([](TrainingPlan& p) { p.early_stop.patience = -1; }, "patience");
  refused([&](TrainingPlan& p) { p.reduce.min_delta = nan; }, "least change");
  refused([](TrainingPlan& p) { p.early_stop.min_delta = -1; }, "least change");
}

BOOST_AUTO_TEST_CASE(divergence_names_the_step) {
  TrainOptions options;
  options.adam.learning_rate = 1e30;
  Trainer t = trainer(options);
  EXPECT_ERROR(t.fit(3), ErrorCode::kDiverged, "of epoch 1; try a lower learning rate");
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused) {
  const Dataset data = corners();
  const auto make = [&](const Sequential& model, Split parts, TrainOptions options) {
    return Trainer(cpu(), model, data, std::move(parts), options);
  };
  const Split parts = split(data.size(), 0.2, 0);
  TrainOptions large;
  large.batch_size = 265;
  EXPECT_ERROR(make(small_network(), parts, large), ErrorCode::kUsage, "larger than the training set of 264");
  TrainOptions zero;
  zero.batch_size = 0;
  EXPECT_ERROR(make(small_network(), parts, zero), ErrorCode::kUsage, "at least 1");
  TrainOptions rate;
  rate.adam.learning_rate = std::nan("");
  EXPECT_ERROR(make(small_network(), parts, rate), ErrorCode::kUsage, "learning rate");
  TrainOptions tiny;
  tiny.adam.learning_rate = 1e-60;
  EXPECT_ERROR(make(small_network(), parts, tiny), ErrorCode::kUsage, "learning rate");
  Sequential large_network = fashion_mnist_network(false);
  large_network.initialise(1);
  EXPECT_ERROR(make(large_network, parts, {}), ErrorCode::kUsage, "images of 28x28x1");
  EXPECT_ERROR(make(small_network(), (Split{{0, 400}, {}}), {}), ErrorCode::kUsage, "does not have");
  EXPECT_ERROR(make(small_network(), (Split{{}, {}}), {}), ErrorCode::kUsage, "no images");
  Sequential five({8, 8, 1});
  five.add(Flatten()).add(Dense(5));
  five.initialise(1);
  EXPECT_ERROR(make(five, parts, {}), ErrorCode::kUsage, "4 classes");
  Sequential zeros({8, 8, 1});
  zeros.add(Flatten()).add(Dense(4));
  EXPECT_ERROR(make(zeros, parts, {}), ErrorCode::kUsage, "initialise");
}

BOOST_AUTO_TEST_CASE(the_loop_has_an_order) {
  Trainer t = trainer();
  EXPECT_ERROR(t.run_steps(1), ErrorCode::kUsage, "after begin_epoch");
  EXPECT_ERROR(t.end_epoch(), ErrorCode::kUsage, "after begin_epoch");
  t.begin_epoch();
  t.run_steps(1);
  EXPECT_ERROR(t.end_epoch(), ErrorCode::kUsage, "after the last step");
}

BOOST_AUTO_TEST_CASE(adam_s_step_size) {
  const Adam adam;
  for (const uint64_t t : {uint64_t{1}, uint64_t{2}, uint64_t{1000}, uint64_t{1000000}}) {
    const auto n = static_cast<double>(t);
    const double expected = 1e-3 * std::sqrt(1 - std::pow(0.999, n)) / (1 - std::pow(0.9, n));
    BOOST_TEST(adam.step_size(t) == expected, boost::test_tools::tolerance(1e-12));
  }
  BOOST_TEST((Adam{0.1, 0.0, 0.0, 1e-7}.step_size(1)) == 0.1);
}

BOOST_AUTO_TEST_SUITE_END()
