// Device time per operation as core gives it: of a program, of a trainer's step, and where there is none.
#define BOOST_TEST_DYN_LINK
#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "corners.hpp"
#include "expect_error.hpp"
#include "runtime/profile.hpp"
#include "sateen/train.hpp"

using namespace sateen;

namespace {

Device cpu(const std::vector<std::string>& options) {
  return Registry(Registry::Options{{}, false, {}}).open("cpu", {}, options);
}

Trainer trainer(const std::vector<std::string>& options) {
  const Dataset data = corners();
  TrainOptions training;
  training.batch_size = 16;
  return {cpu(options), small_network(), data, split(data.size(), 0.2, 0), training};
}

uint64_t total(const TrainProfile& profile) {
  return std::accumulate(profile.operations.begin(), profile.operations.end(), uint64_t{0},
                         [](uint64_t sum, const OpProfile& op) { return sum + op.nanoseconds; });
}

bool has(const TrainProfile& profile, const std::string& name) {
  return std::any_of(profile.operations.begin(), profile.operations.end(),
                     [&](const OpProfile& op) { return op.name == name; });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(profile)

BOOST_AUTO_TEST_CASE(of_a_program) {
  Device device = cpu({"profile=1"});
  Graph g(device.info().alignment);
  const auto x = g.tensor(DType::kF32, {500}, g.external(2000)), y = g.tensor(DType::kF32, {500}, g.external(2000));
  const auto between = g.value(DType::kF32, {500});
  g.op(SATEEN_OP_LEAKY_RELU_FORWARD, "one", {x}, {between}, sateen_leaky_relu_attrs{0.5F});
  g.op(SATEEN_OP_LEAKY_RELU_FORWARD, "two", {between}, {y}, sateen_leaky_relu_attrs{0.5F});
  Program program = device.compile(g);
  const Buffer in = device.create_buffer(2000), out = device.create_buffer(2000);
  for (int i = 0; i < 3; ++i) program.run(std::vector<Binding>{in, out});
  const std::vector<OpProfile> profile = program.profile();
  BOOST_REQUIRE_EQUAL(profile.size(), 2U);
  BOOST_TEST(profile[0].name == "one");
  BOOST_TEST(profile[1].name == "two");
  for (const OpProfile& op : profile) BOOST_TEST((op.runs == 3 && op.nanoseconds > 0));
}

BOOST_AUTO_TEST_CASE(of_a_trainer_s_steps) {
  Trainer t = trainer({"profile=1"});
  const TrainProfile before = t.profile();
  BOOST_TEST((before.steps == 0 && before.seconds == 0 && total(before) == 0));
  BOOST_TEST(has(before, "conv1.forward + relu1.forward"));
  BOOST_TEST(has(before, "adam"));

  t.begin_epoch();
  t.run_steps(5);
  const TrainProfile within = t.profile();
  BOOST_TEST(within.steps == 5U);
  BOOST_TEST(within.seconds * 1e9 >= static_cast<double>(total(within)));
  t.run_steps(100);
  t.end_epoch();
  const TrainProfile after = t.profile();
  BOOST_TEST(after.steps == 17U);
  BOOST_TEST(after.seconds > within.seconds);
  t.evaluate();
  t.model();
  const TrainProfile later = t.profile();
  BOOST_TEST(later.seconds == after.seconds);  // evaluation and copies are no part of it
  BOOST_TEST(total(later) == total(after));
  t.fit(1);
  BOOST_TEST(t.profile().steps == 34U);
}

BOOST_AUTO_TEST_CASE(of_a_training_that_was_stopped) {
  Trainer t = trainer({"profile=1"});
  CancelToken cancel;
  FitCallbacks callbacks;
  callbacks.on_progress = [&](const Metrics&, int64_t, int64_t) { cancel.cancel(); };
  EXPECT_ERROR(t.fit(5, callbacks, cancel), ErrorCode::kCancelled, "stopped");
  const TrainProfile profile = t.profile();
  BOOST_TEST(profile.steps > 0U);
  BOOST_TEST(profile.seconds > 0.0);
  BOOST_TEST(t.profile().seconds == profile.seconds);
}

BOOST_AUTO_TEST_CASE(where_there_is_none) {
  EXPECT_ERROR(trainer({}).profile(), ErrorCode::kUsage, "without profile=1");
  EXPECT_ERROR(Program().profile(), ErrorCode::kUsage, "empty");

  Device device = cpu({"profile=1"});
  static sateen_backend table;
  static const sateen_profile kShort = {8, 0, nullptr, nullptr};
  table = device.table();
  DeviceState state;  // without a device: nothing is closed
  state.backend = &table;
  state.info = device.info();
  table.extension = [](const char*) -> const void* { return nullptr; };
  EXPECT_ERROR(read_profile(state, nullptr), ErrorCode::kDevice, "cpu: the backend takes no times");
  table.extension = [](const char*) -> const void* { return &kShort; };
  EXPECT_ERROR(read_profile(state, nullptr), ErrorCode::kDevice, "takes no times");
}

BOOST_AUTO_TEST_SUITE_END()
