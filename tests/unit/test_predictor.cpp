// The predictor: any number of images, and mirror images.
#define BOOST_TEST_DYN_LINK
#include <cmath>
#include <cstdint>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "corners.hpp"
#include "expect_error.hpp"
#include "sateen/predict.hpp"

using namespace sateen;

namespace {

Device cpu() {
  return Registry(Registry::Options{{}, false, {}}).open("cpu");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(predictor)

BOOST_AUTO_TEST_CASE(a_predictor_takes_any_number_of_images) {
  const Dataset data = corners();
  const Sequential model = small_network();
  Predictor one(cpu(), model), many(cpu(), model, {}, 8);
  BOOST_TEST(one.classes() == 4);
  const auto images = data.images().subspan(0, size_t{19} * 64);
  const auto a = one.predict(images), b = many.predict(images);
  BOOST_REQUIRE_EQUAL(a.size(), 76U);
  for (size_t i = 0; i < a.size(); ++i) BOOST_TEST(std::abs(a[i] - b[i]) < 1e-6F);
  BOOST_TEST(one.predict({}).empty());
  EXPECT_ERROR(one.predict(images.subspan(1)), ErrorCode::kUsage, "whole number");
}

BOOST_AUTO_TEST_CASE(a_predictor_asks_about_mirror_images) {
  const Dataset data = corners();
  const Sequential model = small_network();
  std::vector<uint8_t> pixels(data.images().begin(), data.images().begin() + 19 * 64), swapped(pixels.size());
  for (size_t i = 0; i < pixels.size(); ++i) swapped[i / 8 * 8 + 7 - i % 8] = pixels[i];
  Predictor once(cpu(), model, {}, 8), twice(cpu(), model, {}, 8, true);
  const auto a = once.predict(pixels), b = once.predict(swapped), mean = twice.predict(pixels);
  BOOST_REQUIRE_EQUAL(mean.size(), a.size());
  for (size_t i = 0; i < a.size(); ++i) BOOST_TEST(mean[i] == (a[i] + b[i]) / 2);
  BOOST_TEST(a != b);
  BOOST_TEST(twice.predict(swapped) == mean, boost::test_tools::per_element());

  Sequential flat({64});
  flat.add(Dense(4));
  flat.initialise(0);
  EXPECT_ERROR(Predictor(cpu(), flat, {}, 1, true), ErrorCode::kUsage, "mirrored are images of rows, columns");
}

BOOST_AUTO_TEST_SUITE_END()
