// Devices that can do a part of the operations only: results are those of cpu, bit by bit, wherever a graph is cut.
#define BOOST_TEST_DYN_LINK
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "choose/measure.hpp"
#include "corners.hpp"
#include "expect_error.hpp"
#include "sateen/gradients.hpp"
#include "sateen/predict.hpp"
#include "sateen/train.hpp"

using namespace sateen;

namespace {

struct Subset {
  std::vector<std::string> lines;
  std::unique_ptr<Registry> registry;

  explicit Subset(bool strict = false) {
    Registry::Options options;
    options.backend_paths = {std::filesystem::path(SATEEN_FIXTURE_DIR) / "subset.so"};
    options.default_paths = false;
    options.log = [this](LogLevel level, std::string_view line) {
      if (level >= LogLevel::kInfo) lines.emplace_back(line);
    };
    options.strict = strict;
    registry = std::make_unique<Registry>(options);
  }
  Device open(const std::string& ops, const std::string& more = "profile=0") const {
    return registry->open("subset", {}, {"ops=" + ops, more});
  }
};

std::string kinds(const std::vector<uint32_t>& list) {
  std::string text;
  for (const uint32_t kind : list) text += (text.empty() ? "kinds:" : ",") + std::to_string(kind);
  return text;
}

uint64_t copied(Device& device) {
  for (const auto& [key, value] : device.describe()) {
    if (key == "fallback_copied_bytes") return std::stoull(value);
  }
  return 0;
}

/// With every kind of operation that training and prediction have.
Sequential whole_network() {
  Sequential model({8, 8, 1});
  model.add(Conv2D(5)).add(BatchNorm(0.9)).add(LeakyReLU()).add(MaxPool2D()).add(Dropout(0.1));
  model.add(Conv2D(3)).add(Flatten()).add(Dense(8)).add(BatchNorm(0.9)).add(Dense(4));
  model.initialise(1);
  return model;
}

/// All that two epochs, a held-out evaluation after each, and a prediction give.
struct Trained {
  std::vector<float> weights, predicted, m;
  std::vector<double> metrics;

  explicit Trained(const Device& device) {
    const Dataset data = corners();
    TrainOptions options;
    options.batch_size = 32;
    options.augmentation.mirror = true;
    options.augmentation.shift_pixels = 1;
    Trainer trainer(device, whole_network(), data, split(data.size(), 0.2, 0), options);
    for (const EpochRecord& r : trainer.fit(2)) {
      metrics.insert(metrics.end(), {r.train.loss, r.train.accuracy, r.held_out.loss, r.held_out.accuracy});
    }
    const Sequential model = trainer.model();
    weights.assign(model.weights().begin(), model.weights().end());
    m = trainer.state().adam_m;
    predicted = Predictor(device, model, {}, 7).predict(data.images().first(size_t{20} * 64));
  }
  friend bool operator==(const Trained&, const Trained&) = default;
};

const Shape kRow{16};
const sateen_leaky_relu_attrs kHalf{0.5F};

/// Compiles a prediction.
void predict(const Device& device, int64_t batch) {
  const Predictor predictor(device, small_network(), {}, batch);
}

Graph unknown_graph(uint32_t alignment) {
  Graph graph(alignment);
  const TensorId src = graph.tensor(DType::kF32, kRow, graph.external(64));
  const TensorId value = graph.value(DType::kF32, kRow);
  graph.op(SATEEN_OP_LEAKY_RELU_FORWARD, "known", {src}, {value}, kHalf);
  graph.op(999, "from.the.future", {value}, {graph.tensor(DType::kF32, kRow, graph.external(64))});
  return graph;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fallback)

BOOST_AUTO_TEST_CASE(training_and_prediction_are_those_of_the_whole) {
  const Subset subset;
  const Trained whole(subset.registry->open("cpu"));
  BOOST_TEST((Trained(subset.open("all")) == whole));
  BOOST_TEST(subset.lines.empty());
  for (int seed = 0; seed < 24; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      Device device = subset.open("seed:" + std::to_string(seed));
      BOOST_TEST((Trained(device) == whole));
      BOOST_TEST(device.fallback_ops() > 0U);
    }
  }
  // Each kind alone, and all but each kind.
  std::vector<uint32_t> all;
  for (uint32_t kind = 1; kind < SATEEN_OP_END_; ++kind) all.push_back(kind);
  const Device nothing = subset.open(kinds(all));
  BOOST_TEST((Trained(nothing) == whole));
  int in_training = 0;
  for (uint32_t kind = 1; kind < SATEEN_OP_END_; ++kind) {
    std::vector<uint32_t> others;
    for (uint32_t other = 1; other < SATEEN_OP_END_; ++other) {
      if (other != kind) others.push_back(other);
    }
    BOOST_TEST_CONTEXT("kind " << kind) {
      const Device without = subset.open(kinds({kind})), alone = subset.open(kinds(others));
      BOOST_TEST((Trained(without) == whole));
      BOOST_TEST((Trained(alone) == whole));
      BOOST_TEST(without.fallback_ops() + alone.fallback_ops() == nothing.fallback_ops());
      in_training += without.fallback_ops() > 0U ? 1 : 0;
    }
  }
  BOOST_TEST(in_training >= 20);  // those that training had when this was written
}

BOOST_AUTO_TEST_CASE(what_hangs_on_its_neighbours_is_found_out) {
  Subset subset;
  const Trained whole(subset.registry->open("cpu"));
  Device device = subset.open("later");
  BOOST_TEST((Trained(device) == whole));
  BOOST_TEST_REQUIRE(!subset.lines.empty());
  BOOST_TEST(subset.lines[0].find("they run on cpu") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(it_is_said_once_and_counted) {
  Subset subset;
  Device device = subset.open(kinds({SATEEN_OP_CONV2D_FORWARD, SATEEN_OP_MAX_POOL2D_FORWARD}));
  BOOST_TEST(device.fallback_ops() == 0U);
  predict(device, 2);
  BOOST_TEST_REQUIRE(subset.lines.size() == 1U);
  BOOST_TEST(subset.lines[0] ==
             "subset lacks 2 of 6 operations: conv2d_forward, max_pool2d_forward (it is not in the subset); "
             "they run on cpu");
  BOOST_TEST(device.fallback_ops() == 2U);
  predict(device, 3);
  predict(subset.open(kinds({SATEEN_OP_CONV2D_FORWARD})), 3);
  BOOST_TEST(subset.lines.size() == 1U);
  predict(subset.open(kinds({SATEEN_OP_SOFTMAX})), 3);  // another one
  BOOST_TEST(subset.lines.size() == 2U);
  BOOST_TEST(device.fallback_ops() == 4U);
  const Description lines = device.describe();
  const std::pair<std::string, std::string> line{
      "fallback", "4 of 12 operations ran on cpu: conv2d_forward (2), max_pool2d_forward (2)"};
  BOOST_TEST((std::find(lines.begin(), lines.end(), line) != lines.end()));
  const std::vector<bool> supported = device.supported(*std::make_unique<Graph>(unknown_graph(64)));
  BOOST_TEST((supported == std::vector<bool>{true, false}));
}

// As auto's measurement has it, which tries devices that may not be chosen.
BOOST_AUTO_TEST_CASE(what_is_not_to_be_said_is_said_later) {
  Subset subset;
  Device quiet = subset.open(kinds({SATEEN_OP_SOFTMAX}));
  quiet.set_fallback_log(false);
  predict(quiet, 2);
  BOOST_TEST(quiet.fallback_ops() == 1U);
  static_cast<void>(measure_speeds(*subset.registry, {subset.registry->find("subset")}, {}));
  BOOST_TEST(subset.lines.empty());
  predict(subset.open(kinds({SATEEN_OP_SOFTMAX})), 2);
  BOOST_TEST(subset.lines.size() == 1U);
}

BOOST_AUTO_TEST_CASE(times_come_from_both) {
  const Subset subset;
  const Device device = subset.open(kinds({SATEEN_OP_CONV2D_FORWARD}), "profile=1");
  Predictor predictor(device, small_network(), {}, 2);
  static_cast<void>(predictor.predict(corners().images().first(128)));
  const std::vector<OpProfile> profile = predictor.profile();
  BOOST_TEST_REQUIRE(profile.size() >= 5U);
  BOOST_TEST(profile.front().name.find("convert") != std::string::npos);
  BOOST_TEST(profile[1].name.find("conv") != std::string::npos);
  for (const OpProfile& entry : profile) BOOST_TEST(entry.runs == 1U);
}

BOOST_AUTO_TEST_CASE(strict_devices_refuse) {
  Subset strict(true);
  Device device = strict.open(kinds({SATEEN_OP_SOFTMAX}));
  EXPECT_ERROR(predict(device, 2), ErrorCode::kDevice,
               "subset: compile: softmax is not supported: it is not in the subset; strict keeps it from running "
               "elsewhere");
  BOOST_TEST(device.fallback_ops() == 0U);
  BOOST_TEST(strict.lines.empty());
  predict(strict.open("all"), 2);
}

BOOST_AUTO_TEST_CASE(what_nobody_can_do_is_an_error) {
  const Subset subset;
  for (Device device : {subset.open("all"), subset.open(kinds({SATEEN_OP_LEAKY_RELU_FORWARD}))}) {
    Graph graph = unknown_graph(device.info().alignment);
    EXPECT_ERROR(device.compile(graph), ErrorCode::kDevice, "; nor can cpu: from.the.future is not supported");
  }
  Device cpu = subset.registry->open("cpu");
  Graph graph = unknown_graph(cpu.info().alignment);
  EXPECT_ERROR(cpu.compile(graph), ErrorCode::kDevice,
               "cpu: compile: from.the.future is not supported: operation kind");
}

BOOST_AUTO_TEST_CASE(offsets_fit_both_devices) {
  Registry::Options options;
  options.backend_paths = {std::filesystem::path(SATEEN_FIXTURE_DIR) / "sateen_scripted.so"};
  options.default_paths = false;
  const Registry registry(options);
  BOOST_TEST(registry.find("scripted", "scripted:0").alignment == 4U);
  BOOST_TEST(registry.open("scripted", "scripted:0").info().alignment == registry.open("cpu").info().alignment);
}

BOOST_AUTO_TEST_CASE(values_that_cross_are_no_buffers) {
  const Subset subset;
  Device device = subset.open(kinds({SATEEN_OP_SOFTMAX}));
  Graph graph(device.info().alignment);
  const TensorId src = graph.tensor(DType::kF32, {1, 16}, graph.external(64));
  const TensorId value = graph.value(DType::kF32, {1, 16});
  graph.op(SATEEN_OP_LEAKY_RELU_FORWARD, "relu", {src}, {value}, kHalf);
  graph.op(SATEEN_OP_SOFTMAX, "softmax", {value}, {graph.tensor(DType::kF32, {1, 16}, graph.external(64))});
  Program program = device.compile(graph);
  BOOST_TEST(program.fallback_ops() == 1U);
  BOOST_TEST(device.buffer_bytes() == 0U);
  {
    const Buffer from = device.create_buffer(64), to = device.create_buffer(64);
    program.run(std::vector<Binding>{from, to});
    BOOST_TEST(device.buffer_bytes() == 128U);
  }
  BOOST_TEST(device.buffer_bytes() == 0U);
}

// The data set, the tables and what only one side uses are copied once or never.
BOOST_AUTO_TEST_CASE(an_epoch_copies_what_crosses) {
  const Subset subset;
  const Dataset data = corners();
  TrainOptions options;
  options.batch_size = 33;
  Device device = subset.open(kinds({SATEEN_OP_DENSE_FORWARD, SATEEN_OP_DENSE_BACKWARD_DATA}));
  Trainer trainer(device, small_network(), data, split(data.size(), 0, 0), options);
  trainer.fit(1);
  const uint64_t first = copied(device);
  trainer.fit(1);
  const uint64_t second = copied(device);
  trainer.fit(1);
  const uint64_t steps = 10, flat = 33 * 80 * 4, logits = 33 * 4 * 4, weights = 80 * 4 * 4, bias = 64;
  // To cpu the activations, the weights and the gradient of the logits, from it the logits and the gradient below.
  BOOST_TEST(second - first <= steps * (2 * flat + 2 * logits + weights + bias));
  BOOST_TEST(copied(device) - second == second - first);
}

BOOST_AUTO_TEST_SUITE_END()
