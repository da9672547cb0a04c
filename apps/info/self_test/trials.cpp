// The operations on odd shapes. Products may differ in the last bits, so they have a tolerance; copies and choices not.
#include "info/self_test/trials.hpp"

#include <limits>
#include <string>
#include <utility>

#include "sateen/random.hpp"

namespace sateen::app {

namespace {

constexpr double kProduct = 1e-5;
constexpr double kRounding = 1e-6;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

const char* name_of(uint32_t kind) {
#define SATEEN_NAME_OP(constant, number, name, n_src, n_dst) \
  case constant:                                             \
    return name;
  switch (kind) { SATEEN_FOR_EACH_OP(SATEEN_NAME_OP) }
#undef SATEEN_NAME_OP
  return "";
}

Trial trial(uint32_t kind, const Shape& shape, double tolerance, std::vector<Values> src, std::vector<Values> dst) {
  Trial t;
  t.kind = kind;
  t.name = std::string(name_of(kind)) + " of " + shape.to_string();
  t.src = std::move(src);
  t.dst = std::move(dst);
  t.tolerance = tolerance;
  t.emit = [kind](Graph& graph, const Trial::Ids& s, const Trial::Ids& d) { graph.op(kind, name_of(kind), s, d); };
  return t;
}

template <typename Attributes>
Trial with(Trial t, const Attributes& attributes) {
  t.emit = [kind = t.kind, attributes](Graph& graph, const Trial::Ids& s, const Trial::Ids& d) {
    graph.op(kind, name_of(kind), s, d, attributes);
  };
  return t;
}

Values cursor(int32_t row, int32_t step) {
  return Values::of(Shape{2}, std::vector<int32_t>{row, step});
}

using Trials = std::vector<Trial>;

void add_gather(Trials& all) {
  // Of the second row of seven; one index is outside.
  const Values indices = Values::of(Shape{14}, std::vector<int32_t>{0, 0, 0, 0, 0, 0, 0, 3, 10, 11, -1, 0, 9, 3});
  const sateen_gather_attrs scaled{1.0F / 255.0F, 0.25F};
  const sateen_gather_attrs copied{1.0F, 0.0F};
  all.push_back(with(trial(SATEEN_OP_GATHER, Shape{7, 3, 5}, kRounding,
                           {Values::random(Shape{11, 3, 5}, 1, DType::kU8), indices, cursor(1, 9)},
                           {Values::untouched(Shape{7, 3, 5})}),
                     scaled));
  all.push_back(
      with(trial(SATEEN_OP_GATHER, Shape{7}, 0, {Values::random(Shape{11}, 2, DType::kU8), indices, cursor(1, 9)},
                 {Values::untouched(Shape{7}, DType::kI32)}),
           copied));
}

/// Of the second row of seven, with one index outside; what the border brings in is not 0.
void add_augment(Trials& all) {
  const Values indices = Values::of(Shape{14}, std::vector<int32_t>{0, 0, 0, 0, 0, 0, 0, 3, 10, 11, -1, 0, 9, 3});
  sateen_augment_attrs attributes{};
  attributes.seed = 0x123456789abcdefULL;
  attributes.stream = random_stream(RandomPurpose::kAugmentation);
  attributes.mirror = 1;
  attributes.max_shift = 2;
  attributes.scale = 1.0F / 255.0F;
  attributes.shift = 0.25F;
  all.push_back(with(trial(SATEEN_OP_AUGMENT, Shape{7, 3, 5, 2}, kRounding,
                           {Values::random(Shape{11, 3, 5, 2}, 31, DType::kU8), indices, cursor(1, 77)},
                           {Values::untouched(Shape{7, 3, 5, 2})}),
                     attributes));
}

/// All three passes of a convolution.
struct Convolution {
  int64_t n, height, width, channels, filters, window, stride, pad, out_height, out_width;
  bool bias;

  void add(Trials& all) const {
    const auto p = static_cast<int32_t>(pad);
    const auto s = static_cast<int32_t>(stride);
    const sateen_conv2d_attrs attributes{s, s, p, p, p, p};
    const Shape src{n, height, width, channels};
    const Shape weights{window, window, channels, filters};
    const Shape dst{n, out_height, out_width, filters};
    const Values some_bias = bias ? Values::random(Shape{filters}, 5) : Values::none();
    const Values bias_out = bias ? Values::untouched(Shape{filters}) : Values::none();
    all.push_back(with(trial(SATEEN_OP_CONV2D_FORWARD, src, kProduct,
                             {Values::random(src, 3), Values::random(weights, 4), some_bias}, {Values::untouched(dst)}),
                       attributes));
    all.push_back(with(trial(SATEEN_OP_CONV2D_BACKWARD_DATA, src, kProduct,
                             {Values::random(dst, 6), Values::random(weights, 7)}, {Values::untouched(src)}),
                       attributes));
    all.push_back(with(trial(SATEEN_OP_CONV2D_BACKWARD_WEIGHTS, src, kProduct,
                             {Values::random(src, 8), Values::random(dst, 9)}, {Values::untouched(weights), bias_out}),
                       attributes));
  }
};

/// Whole numbers, so that maxima tie.
Values with_ties(const Shape& shape, uint32_t seed) {
  RandomStream stream(seed, random_stream(RandomPurpose::kInitialWeights));
  std::vector<float> values(shape.elements());
  for (float& v : values) v = static_cast<float>(stream.below(4)) - 5.0F;
  return Values::of(shape, values);
}

void add_pool(Trials& all, const Shape& src, const Shape& dst, const sateen_max_pool2d_attrs& attributes) {
  all.push_back(
      with(trial(SATEEN_OP_MAX_POOL2D_FORWARD, src, 0, {with_ties(src, 10)}, {Values::untouched(dst)}), attributes));
  all.push_back(with(trial(SATEEN_OP_MAX_POOL2D_BACKWARD, src, kRounding, {with_ties(src, 11), Values::random(dst, 12)},
                           {Values::untouched(src)}),
                     attributes));
}

void add_dense(Trials& all, int64_t n, int64_t inputs, int64_t outputs) {
  const Shape src{n, inputs};
  const Shape weights{inputs, outputs};
  const Shape dst{n, outputs};
  const Shape bias{outputs};
  all.push_back(trial(SATEEN_OP_DENSE_FORWARD, src, kProduct,
                      {Values::random(src, 13), Values::random(weights, 14), Values::random(bias, 15)},
                      {Values::untouched(dst)}));
  all.push_back(trial(SATEEN_OP_DENSE_BACKWARD_DATA, src, kProduct,
                      {Values::random(dst, 16), Values::random(weights, 17)}, {Values::untouched(src)}));
  all.push_back(trial(SATEEN_OP_DENSE_BACKWARD_WEIGHTS, src, kProduct,
                      {Values::random(src, 18), Values::random(dst, 19)},
                      {Values::untouched(weights), Values::untouched(bias)}));
}

void add_elementwise(Trials& all) {
  const Shape shape{1031};
  const sateen_leaky_relu_attrs relu{0.1F};
  all.push_back(with(
      trial(SATEEN_OP_LEAKY_RELU_FORWARD, shape, 0, {Values::random(shape, 20)}, {Values::untouched(shape)}), relu));
  all.push_back(with(trial(SATEEN_OP_LEAKY_RELU_BACKWARD, shape, 0,
                           {Values::random(shape, 21), Values::random(shape, 22)}, {Values::untouched(shape)}),
                     relu));
  const sateen_dropout_attrs dropout{0x123456789abcdefULL, 8,           random_stream(RandomPurpose::kDropout, 3),
                                     0x40000000U,          4.0F / 3.0F, 0};
  all.push_back(
      with(trial(SATEEN_OP_DROPOUT, shape, 0, {Values::random(shape, 23), cursor(0, 77)}, {Values::untouched(shape)}),
           dropout));
  std::vector<float> second(shape.elements(), 0.25F);
  Trial adam =
      with(trial(SATEEN_OP_ADAM, shape, kProduct,
                 {Values::random(shape, 24), Values::random(shape, 25), Values::random(shape, 26),
                  Values::of(shape, second), Values::of(Shape{2}, std::vector<float>{0.5F, 1e-3F}), cursor(1, 1)},
                 {}),
           sateen_adam_attrs{0.9F, 0.999F, 1e-7F, 0});
  adam.in_place = {0, 2, 3};
  all.push_back(adam);
  Trial advance = trial(SATEEN_OP_ADVANCE, Shape{2}, 0, {cursor(3, 41)}, {});
  advance.in_place = {0};
  all.push_back(advance);
}

void add_softmax(Trials& all) {
  const Shape shape{7, 10};
  all.push_back(trial(SATEEN_OP_SOFTMAX, shape, kProduct, {Values::random(shape, 27)}, {Values::untouched(shape)}));
  const Values labels = Values::of(Shape{7}, std::vector<int32_t>{0, 9, 4, 4, 1, 7, 2});
  const Values valid = Values::of(Shape{3}, std::vector<int32_t>{7, 5, 0});
  all.push_back(trial(SATEEN_OP_SOFTMAX_CROSS_ENTROPY, shape, kProduct,
                      {Values::random(shape, 28), labels, valid, cursor(1, 1)},
                      {Values::of(Shape{3, 2}, std::vector<float>(6, 0.5F)), Values::untouched(shape)}));
}

/// Four of five rows count.
void add_batch_norm(Trials& all) {
  const Shape src{5, 3, 7, 19};
  const Shape channels{19};
  const Values valid = Values::of(Shape{2}, std::vector<int32_t>{5, 4});
  const Values positive = Values::of(channels, std::vector<float>(19, 0.75F));
  const std::vector<Values> by_channel = {Values::random(channels, 32), Values::random(channels, 33),
                                          Values::random(channels, 34), positive};
  std::vector<Values> inputs = {Values::random(src, 35)};
  inputs.insert(inputs.end(), by_channel.begin(), by_channel.end());
  all.push_back(with(trial(SATEEN_OP_BATCH_NORM, src, kProduct, inputs, {Values::untouched(src)}),
                     sateen_batch_norm_attrs{1e-3F, 0}));
  inputs.push_back(valid);
  inputs.push_back(cursor(1, 1));
  Trial train = with(trial(SATEEN_OP_BATCH_NORM_TRAIN, src, kProduct, inputs,
                           {Values::untouched(src), Values::untouched(channels), Values::untouched(channels)}),
                     sateen_batch_norm_attrs{1e-3F, 0.99F});
  train.in_place = {3, 4};
  all.push_back(train);
  all.push_back(trial(
      SATEEN_OP_BATCH_NORM_BACKWARD, src, kProduct,
      {Values::random(src, 36), by_channel[0], by_channel[2], positive, Values::random(src, 37), valid, cursor(1, 1)},
      {Values::untouched(src), Values::untouched(channels), Values::untouched(channels)}));
}

}  // namespace

size_t operation_count() {
  return SATEEN_OP_END_ - 1;
}

std::vector<Trial> operation_trials() {
  Trials all;
  add_gather(all);
  Convolution{3, 5, 7, 2, 5, 3, 1, 1, 5, 7, true}.add(all);
  Convolution{2, 9, 8, 3, 17, 3, 2, 1, 5, 4, false}.add(all);
  Convolution{1, 3, 2, 33, 19, 1, 1, 0, 3, 2, true}.add(all);
  add_pool(all, Shape{2, 7, 5, 3}, Shape{2, 4, 3, 3}, {2, 2, 2, 2, 0, 0, 1, 1});
  add_pool(all, Shape{1, 6, 9, 17}, Shape{1, 3, 5, 17}, {3, 3, 2, 2, 1, 1, 0, 1});
  add_dense(all, 3, 7, 31);
  add_dense(all, 17, 65, 10);
  add_elementwise(all);
  add_softmax(all);
  add_augment(all);
  add_batch_norm(all);
  return all;
}

std::vector<Trial> special_value_trials() {
  Trials all;
  const Shape image{1, 4, 4, 1};
  std::vector<float> values(16, -3.0F);
  values[5] = kNan;
  values[15] = -kInfinity;
  const sateen_conv2d_attrs same{1, 1, 1, 1, 1, 1};
  Trial convolution =
      with(trial(SATEEN_OP_CONV2D_FORWARD, image, kProduct,
                 {Values::of(image, std::vector<float>{1, 2, 3, 4, kNan, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7}),
                  Values::random(Shape{3, 3, 1, 2}, 29), Values::none()},
                 {Values::untouched(Shape{1, 4, 4, 2})}),
           same);
  convolution.spreads_nan = true;
  all.push_back(convolution);
  // Everything is below 0, so that a border of zeros would win.
  all.push_back(with(trial(SATEEN_OP_MAX_POOL2D_FORWARD, image, 0, {Values::of(image, values)},
                           {Values::untouched(Shape{1, 3, 3, 1})}),
                     sateen_max_pool2d_attrs{2, 2, 2, 2, 1, 1, 1, 1}));
  const Shape row{6};
  all.push_back(with(trial(SATEEN_OP_LEAKY_RELU_FORWARD, row, 0,
                           {Values::of(row, std::vector<float>{kNan, kInfinity, -kInfinity, 0.0F, 3e38F, -3e38F})},
                           {Values::untouched(row)}),
                     sateen_leaky_relu_attrs{0.1F}));
  const Shape two{2, 3};
  all.push_back(
      trial(SATEEN_OP_DENSE_FORWARD, two, kProduct,
            {Values::of(two, std::vector<float>{1, kNan, 2, 3, 4, 5}), Values::random(Shape{3, 2}, 30), Values::none()},
            {Values::untouched(Shape{2, 2})}));
  const Shape logits{3, 3};
  all.push_back(trial(SATEEN_OP_SOFTMAX, logits, kProduct,
                      {Values::of(logits, std::vector<float>{1e38F, -1e38F, 0, kNan, 1, 2, -kInfinity, 0, 1})},
                      {Values::untouched(logits)}));
  return all;
}

}  // namespace sateen::app
