// The small network's training step, emitted and computed side by side.
#include "training_step.hpp"

#include <boost/test/unit_test.hpp>

#include "suite.hpp"
#include "target.hpp"

namespace conformance {
namespace {

constexpr int64_t kBatch = 5, kCount = 23, kRows = 6;
constexpr float kAlpha = 0.1F;

/// Large enough that the direction of a step depends smoothly on a gradient near zero.
constexpr sateen_adam_attrs kAdamAttrs = {0.9F, 0.999F, 0.05F, 0};

sateen_dropout_attrs dropout_attrs(uint32_t layer) {
  return {0x123456789abcdefULL,        0, 4U << 16 | layer, static_cast<uint32_t>(0.4 * 4294967296.0),
          static_cast<float>(1 / 0.6), 0};
}

/// 9×9 → conv 4 → pool 5×5 → conv 6 → pool 3×3 → dense 7 → dense 3.
const std::vector<std::pair<std::string, Dims>> kParameters = {
    {"conv1.weights", {3, 3, 1, 4}}, {"conv1.bias", {4}},  {"conv2.weights", {3, 3, 4, 6}}, {"conv2.bias", {6}},
    {"dense1.weights", {54, 7}},     {"dense1.bias", {7}}, {"dense2.weights", {7, 3}},      {"dense2.bias", {3}}};

}  // namespace

TrainingStep::TrainingStep(uint32_t alignment, int unrolled) : graph_(alignment), alignment_(alignment) {
  allocate();
  Mirror mirror(graph_);
  for (int i = 0; i < unrolled; ++i) emit_step(mirror);
}

void TrainingStep::allocate() {
  oracle::Random random(2024);
  for (const auto& [name, dims] : kParameters) {
    offset_[name] = flat_;
    dims_[name] = dims;
    const uint64_t bytes = source(dims, std::vector<float>{}).bytes();
    flat_ += (bytes + alignment_ - 1) / alignment_ * alignment_ / sizeof(float);
  }
  std::vector<float> params(flat_, 0.0F);
  for (const auto& [name, dims] : kParameters)
    for (uint64_t i = 0; i < source(dims, std::vector<float>{}).elements(); ++i)
      params[offset_[name] + i] = 0.5F * random.value();
  const std::vector<float> zeros(flat_, 0.0F);
  const auto n = static_cast<int64_t>(flat_);
  external(kParams, sateen::DType::kF32, {n}, params);
  external(kGradients, sateen::DType::kF32, {n}, zeros);
  external(kM, sateen::DType::kF32, {n}, zeros);
  external(kV, sateen::DType::kF32, {n}, zeros);

  std::vector<uint8_t> images, labels;
  std::vector<int32_t> order;
  for (int64_t i = 0; i < kCount * 81; ++i) images.push_back(static_cast<uint8_t>(random.below(256)));
  for (int64_t i = 0; i < kCount; ++i) labels.push_back(static_cast<uint8_t>(random.below(3)));
  for (int64_t i = 0; i < kRows * kBatch; ++i) order.push_back(static_cast<int32_t>(random.below(kCount)));
  external(kImages, sateen::DType::kU8, {kCount, 9, 9, 1}, images);
  external(kLabels, sateen::DType::kU8, {kCount}, labels);
  external(kOrder, sateen::DType::kI32, {kRows * kBatch}, order);
  external(kValid, sateen::DType::kI32, {kRows}, std::vector<int32_t>{5, 3, 5, 1, 0, 5});
  external(kRates, sateen::DType::kF32, {kRows}, std::vector<float>{0.01F, 0.02F, 0.01F, 0.005F, 0.01F, 0.01F});
  external(kCursor, sateen::DType::kI32, {2}, std::vector<int32_t>{0, 600});
  external(kLog, sateen::DType::kF32, {kRows, 2}, std::vector<float>(2 * kRows, -1.0F));
  for (const auto& [name, dims] : kParameters) {
    params_[name] = parameter(name, kParams);
    gradients_[name] = parameter(name, kGradients);
  }
}

template <typename T>
void TrainingStep::external(Storage which, sateen::DType dtype, Dims dims, const std::vector<T>& data) {
  const uint32_t flags = which == kImages || which == kLabels ? SATEEN_STORAGE_FROZEN : 0;
  storages_.push_back(graph_.external(data.size() * sizeof(T), flags));
  const sateen::TensorId id = graph_.tensor(dtype, sateen::Shape(dims), storages_[which]);
  whole_.push_back({id, std::move(dims), {data.begin(), data.end()}});
  before_.push_back(bytes_of(data));
}

Node TrainingStep::parameter(const std::string& name, Storage storage) {
  return {
      graph_.tensor(sateen::DType::kF32, sateen::Shape(dims_[name]), storages_[storage], offset_[name] * sizeof(float)),
      dims_[name],
      {}};
}

void TrainingStep::scatter(const Node& flat, std::map<std::string, Node>& slices) {
  for (auto& [name, node] : slices) {
    const auto begin = flat.v.begin() + static_cast<std::ptrdiff_t>(offset_[name]);
    node.v.assign(begin, begin + static_cast<std::ptrdiff_t>(source(node.dims, std::vector<float>{}).elements()));
  }
}

void TrainingStep::collect(Node& flat, const std::map<std::string, Node>& slices) {
  for (const auto& [name, node] : slices)
    std::copy(node.v.begin(), node.v.end(), flat.v.begin() + static_cast<std::ptrdiff_t>(offset_[name]));
}

void TrainingStep::emit_step(Mirror& m) {
  std::vector<Node>& w = whole_;
  scatter(w[kParams], params_);
  auto& p = params_;
  auto& g = gradients_;

  const Node x = m.gather_pixels(w[kImages], w[kOrder], w[kCursor], kBatch);
  const Node labels = m.gather_labels(w[kLabels], w[kOrder], w[kCursor], kBatch);
  const Node relu1 = m.relu(m.conv(x, p["conv1.weights"], p["conv1.bias"], 1), kAlpha);
  const Node pool1 = m.dropout(m.pool(relu1), w[kCursor], dropout_attrs(3));
  const Node relu2 = m.relu(m.conv(pool1, p["conv2.weights"], p["conv2.bias"], 1), kAlpha);
  const Node pool2 = m.pool(relu2);
  const Node flat = m.reshape(pool2, {kBatch, 54});
  const Node relu3 = m.relu(m.dense(flat, p["dense1.weights"], p["dense1.bias"]), kAlpha);
  const Node drop = m.dropout(relu3, w[kCursor], dropout_attrs(9));
  const Node logits = m.dense(drop, p["dense2.weights"], p["dense2.bias"]);

  const Node d_logits = m.loss(logits, labels, w[kValid], w[kCursor], w[kLog]);
  m.dense_weights(drop, d_logits, g["dense2.weights"], g["dense2.bias"]);
  const Node d_drop = m.dropout(m.dense_data(d_logits, p["dense2.weights"]), w[kCursor], dropout_attrs(9));
  const Node d_relu3 = m.relu_back(relu3, d_drop, kAlpha);
  m.dense_weights(flat, d_relu3, g["dense1.weights"], g["dense1.bias"]);
  const Node d_pool2 = m.reshape(m.dense_data(d_relu3, p["dense1.weights"]), pool2.dims);
  const Node d_relu2 = m.relu_back(relu2, m.pool_back(relu2, d_pool2), kAlpha);
  m.conv_weights(pool1, d_relu2, 1, g["conv2.weights"], g["conv2.bias"]);
  const Node d_pool1 = m.conv_data(d_relu2, p["conv2.weights"], pool1, 1);
  const Node d_relu1 = m.relu_back(relu1, m.pool_back(relu1, m.dropout(d_pool1, w[kCursor], dropout_attrs(3))), kAlpha);
  m.conv_weights(x, d_relu1, 1, g["conv1.weights"], g["conv1.bias"]);

  collect(w[kGradients], g);
  m.adam(w[kParams], w[kGradients], w[kM], w[kV], w[kRates], w[kCursor], kAdamAttrs);
  m.advance(w[kCursor]);
}

Image TrainingStep::run(sateen::Device& device, int runs) {
  std::vector<sateen::Buffer> buffers;
  for (const Bytes& bytes : before_) buffers.push_back(device.create_buffer(bytes.data(), bytes.size()));
  const std::vector<sateen::Binding> bindings(buffers.begin(), buffers.end());
  sateen::Program program = device.compile(graph_);
  for (int i = 0; i < runs; ++i) program.run(bindings);
  Image image;
  for (const sateen::Buffer& b : buffers) image.push_back(b.read_as<unsigned char>());
  return image;
}

void TrainingStep::check(uint32_t alignment, const Image& image, int steps) {
  const TrainingStep want(alignment, steps);
  for (const Storage s : {kParams, kGradients, kM, kV, kLog}) {
    Argument argument = result(want.whole_[s].dims, want.whole_[s].v, kChain);
    const std::string wrong = judge(argument, image[s].data());
    BOOST_CHECK_MESSAGE(wrong.empty(), "external storage " << s << " after " << steps << " steps: " << wrong);
  }
  for (const Storage s : {kImages, kLabels, kOrder, kValid, kRates})
    BOOST_CHECK_MESSAGE(image[s] == want.before_[s], "external storage " << s << " is only read, and was written");
  std::vector<int32_t> cursor(2);
  std::memcpy(cursor.data(), image[kCursor].data(), 8);
  BOOST_TEST((cursor == std::vector<int32_t>{steps, 600 + steps}));
}

boost::unit_test::test_suite* training_step_suite() {
  boost::unit_test::test_suite* suite = BOOST_TEST_SUITE("training_step");
  const auto test = [suite](const std::string& name, int unrolled, int runs) {
    add_test(*suite, name, [=] {
      sateen::Device& device = target().device();
      TrainingStep step(device.info().alignment, unrolled);
      const Image image = step.run(device, runs);
      TrainingStep::check(device.info().alignment, image, unrolled * runs);
      BOOST_CHECK_MESSAGE(step.run(device, runs) == image, "the same again gave other bytes");
    });
  };
  test("one_step", 1, 1);
  test("six_steps", 1, 6);
  test("three_steps_in_one_graph", 3, 1);
  test("two_times_three_steps", 3, 2);
  return suite;
}

}  // namespace conformance
