// Layers and models: shapes, parameters, attributes there and back, and what is refused.
#define BOOST_TEST_DYN_LINK
#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "expect_error.hpp"
#include "sateen/model.hpp"

using namespace sateen;

namespace {

/// The attributes of the one operation that a layer emits forward for this source.
template <typename Attrs>
Attrs emitted(const Layer& layer, const Shape& src) {
  Graph graph(4);
  std::vector<TensorId> parameters;
  for (const auto& p : layer.parameters(src)) parameters.push_back(graph.value(DType::kF32, p.shape));
  layer.forward({graph, "layer", parameters, true, graph.value(DType::kI32, {2}), 7, 3, 0},
                graph.value(DType::kF32, src.with_batch(2)));
  const sateen_graph c = graph.c_graph();
  BOOST_REQUIRE_EQUAL(c.n_ops, 1U);
  BOOST_REQUIRE_EQUAL(c.op[0].attrs_size, sizeof(Attrs));
  return *static_cast<const Attrs*>(c.op[0].attrs);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(layers)

BOOST_AUTO_TEST_CASE(same_padding_is_keras_s) {
  BOOST_TEST((Conv2D(8).output_shape({28, 28, 1}) == Shape{28, 28, 8}));
  BOOST_TEST((Conv2D(8, {3, 3}, Padding::kSame, {2, 2}).output_shape({28, 27, 1}) == Shape{14, 14, 8}));
  BOOST_TEST((Conv2D(8, {3, 5}, Padding::kValid).output_shape({28, 28, 1}) == Shape{26, 24, 8}));
  BOOST_TEST((MaxPool2D().output_shape({7, 7, 4}) == Shape{4, 4, 4}));
  BOOST_TEST((MaxPool2D({2, 2}, Padding::kValid).output_shape({7, 7, 4}) == Shape{3, 3, 4}));
  BOOST_TEST((MaxPool2D({3, 3}, Padding::kSame, {1, 1}).output_shape({7, 7, 4}) == Shape{7, 7, 4}));

  const auto pool = emitted<sateen_max_pool2d_attrs>(MaxPool2D(), {7, 8, 4});
  BOOST_TEST(pool.pad_top == 0);
  BOOST_TEST(pool.pad_bottom == 1);  // the odd cell goes to the bottom and right
  BOOST_TEST(pool.pad_right == 0);
  const auto conv = emitted<sateen_conv2d_attrs>(Conv2D(1, {4, 3}), {9, 9, 1});
  BOOST_TEST(conv.pad_top == 1);
  BOOST_TEST(conv.pad_bottom == 2);
  BOOST_TEST(conv.pad_left == 1);
  BOOST_TEST(conv.pad_right == 1);
}

BOOST_AUTO_TEST_CASE(dropout_is_integers_and_only_while_training) {
  const auto attrs = emitted<sateen_dropout_attrs>(Dropout(0.25), {10});
  BOOST_TEST(attrs.threshold == 1U << 30);
  BOOST_TEST(attrs.scale == static_cast<float>(1 / 0.75));
  BOOST_TEST(attrs.stream == ((4U << 16) | 3U));
  BOOST_TEST(attrs.seed == 7U);
  Graph graph(4);
  const TensorId src = graph.value(DType::kF32, {2, 10});
  BOOST_TEST((Dropout(0.25).forward({graph, "d", {}, false, {}, 7, 3, 0}, src) == src));
  BOOST_TEST(graph.op_count() == 0U);
}

BOOST_AUTO_TEST_CASE(attributes_there_and_back) {
  const std::vector<std::shared_ptr<const Layer>> all{
      std::make_shared<Conv2D>(7, Extent{5, 3}, Padding::kValid, Extent{2, 1}),
      std::make_shared<MaxPool2D>(Extent{3, 2}, Padding::kValid, Extent{1, 2}),
      std::make_shared<LeakyReLU>(0.3),
      std::make_shared<Flatten>(),
      std::make_shared<Dense>(11),
      std::make_shared<Dropout>(0.5),
      std::make_shared<BatchNorm>(0.9, 1e-5)};
  for (const auto& layer : all) {
    const auto again = make_layer(layer->type(), layer->attributes());
    BOOST_TEST(again->type() == layer->type());
    BOOST_TEST((again->attributes() == layer->attributes()));
  }
}

BOOST_AUTO_TEST_CASE(attributes_from_files_are_checked) {
  EXPECT_ERROR(make_layer("lstm", {}), ErrorCode::kBadInput, "no layer of type 'lstm'");
  EXPECT_ERROR(make_layer("dense", {}), ErrorCode::kBadInput, "'units' is missing");
  EXPECT_ERROR(make_layer("dense", (Attributes{{"units", int64_t{3}}, {"bias", int64_t{1}}})), ErrorCode::kBadInput,
               "'bias' is unknown");
  EXPECT_ERROR(make_layer("dense", (Attributes{{"units", 2.5}})), ErrorCode::kBadInput, "not a whole number");
  EXPECT_ERROR(make_layer("dense", (Attributes{{"units", int64_t{0}}})), ErrorCode::kBadInput, "at least one unit");
  EXPECT_ERROR(make_layer("dropout", (Attributes{{"rate", 1.0}})), ErrorCode::kBadInput, "below 1");
  EXPECT_ERROR(make_layer("dropout", (Attributes{{"rate", std::nan("")}})), ErrorCode::kBadInput, "below 1");
  EXPECT_ERROR(make_layer("batch_norm", (Attributes{{"momentum", 1.5}, {"epsilon", 1e-3}})), ErrorCode::kBadInput,
               "momentum is 0 to 1");
  EXPECT_ERROR(make_layer("batch_norm", (Attributes{{"momentum", 0.99999999}, {"epsilon", 1e-3}})),
               ErrorCode::kBadInput, "below 1 in f32");
  EXPECT_ERROR(make_layer("batch_norm", (Attributes{{"momentum", 0.5}, {"epsilon", 1e-50}})), ErrorCode::kBadInput,
               "epsilon is a finite number above 0");
  EXPECT_ERROR(make_layer("leaky_relu", (Attributes{{"alpha", 1e300}})), ErrorCode::kBadInput, "finite");
  Attributes conv = Conv2D(3).attributes();
  conv["stride"] = std::vector<int64_t>{1};
  EXPECT_ERROR(make_layer("conv2d", conv), ErrorCode::kBadInput, "pair");
  conv["stride"] = std::vector<int64_t>{1, int64_t{1} << 40};
  EXPECT_ERROR(make_layer("conv2d", conv), ErrorCode::kBadInput, "between 1 and 32768");
  conv["stride"] = std::vector<int64_t>{1, 1};
  conv["padding"] = std::string("reflect");
  EXPECT_ERROR(make_layer("conv2d", conv), ErrorCode::kBadInput, "neither");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(models)

BOOST_AUTO_TEST_CASE(the_published_networks) {
  for (const bool dropout : {false, true}) {
    const Sequential model = fashion_mnist_network(dropout);
    BOOST_TEST(model.parameter_count() == 356234U);
    BOOST_TEST((model.output_shape() == Shape{10}));
    BOOST_TEST(model.layer_count() == (dropout ? 17U : 13U));
    BOOST_TEST(model.parameters().size() == 10U);
  }
  const Sequential model = fashion_mnist_network(true);
  BOOST_TEST(model.parameters()[4].name == "conv3.weights");
  BOOST_TEST(model.parameters()[4].spec.shape.to_string() == "3x3x64x128");
  BOOST_TEST(model.parameters()[4].offset == 320U + 18496U);
  BOOST_TEST(model.layer_name(16) == "dense2");
}

BOOST_AUTO_TEST_CASE(the_deep_network) {
  const Sequential model = fashion_mnist_deep_network();
  BOOST_TEST(model.layer_count() == 39U);
  BOOST_TEST((model.layer_output(33) == Shape{2048}));
  BOOST_TEST(model.layer_name(38) == "dense2");
  BOOST_TEST(model.parameter_count() == 743'754U + 3'200U);
  BOOST_TEST(model.trainable_count() == 743'754U + 1'600U);
  BOOST_TEST(fashion_mnist_network(true).trainable_count() == fashion_mnist_network(true).parameter_count());
}

BOOST_AUTO_TEST_CASE(layers_that_do_not_fit_change_nothing) {
  Sequential model({4, 4, 2});
  EXPECT_ERROR(model.add(Dense(3)), ErrorCode::kUsage, "dense1: dense wants one dimension, not 4x4x2; put Flatten");
  EXPECT_ERROR(model.add(MaxPool2D({5, 5}, Padding::kValid)), ErrorCode::kUsage, "pool1: a window of 5");
  model.add(Flatten());
  EXPECT_ERROR(model.add(Conv2D(3)), ErrorCode::kUsage, "conv1: conv2d wants");
  EXPECT_ERROR(model.add(Dense(INT32_MAX)).add(Dense(INT32_MAX)), ErrorCode::kUsage, "too large");
  BOOST_TEST(model.layer_count() == 1U);
  BOOST_TEST(model.parameter_count() == 0U);
}

BOOST_AUTO_TEST_CASE(glorot_weights_and_zero_biases) {
  Sequential model = fashion_mnist_network(false);
  model.initialise(42);
  for (const Parameter& p : model.parameters()) {
    const auto values = model.weights().subspan(p.offset, p.spec.shape.elements());
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    if (p.spec.init == Init::kZeros) {
      BOOST_TEST(*least == 0.0F);
      BOOST_TEST(*most == 0.0F);
      continue;
    }
    const double limit = std::sqrt(6.0 / static_cast<double>(p.spec.fan_in + p.spec.fan_out));
    BOOST_TEST(*most <= static_cast<float>(limit));
    BOOST_TEST(*least >= static_cast<float>(-limit));
    BOOST_TEST(*most > 0.9 * limit);
    BOOST_TEST(*least < -0.9 * limit);
  }
  Sequential same = fashion_mnist_network(false);
  same.initialise(42);
  BOOST_TEST(std::equal(same.weights().begin(), same.weights().end(), model.weights().begin()));
  same.initialise(43);
  BOOST_TEST(!std::equal(same.weights().begin(), same.weights().end(), model.weights().begin()));
}

BOOST_AUTO_TEST_SUITE_END()
