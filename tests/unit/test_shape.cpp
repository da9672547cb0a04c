// Shapes: what they refuse, and that sizes never wrap.
#define BOOST_TEST_DYN_LINK
#include <cstdint>

#include <boost/test/unit_test.hpp>

#include "expect_error.hpp"
#include "sateen/checked.hpp"
#include "sateen/shape.hpp"

using sateen::ErrorCode;
using sateen::Shape;

BOOST_AUTO_TEST_SUITE(shape)

BOOST_AUTO_TEST_CASE(elements_and_text) {
  const Shape shape{28, 28, 1};
  BOOST_TEST(shape.rank() == 3U);
  BOOST_TEST(shape.elements() == 784U);
  BOOST_TEST(shape.to_string() == "28x28x1");
  BOOST_TEST(shape.with_batch(64).to_string() == "64x28x28x1");
  BOOST_TEST((shape.with_batch(64) == Shape{64, 28, 28, 1}));
  BOOST_TEST(!(shape == Shape{28, 28}));
}

BOOST_AUTO_TEST_CASE(bad_dims_are_refused) {
  EXPECT_ERROR(const Shape shape(std::vector<int64_t>{}), ErrorCode::kUsage, "not 0");
  EXPECT_ERROR(const Shape shape({1, 1, 1, 1, 1, 1, 1}), ErrorCode::kUsage, "not 7");
  EXPECT_ERROR(const Shape shape({4, 0}), ErrorCode::kUsage, "dimension of 0");
  EXPECT_ERROR(const Shape shape({-1}), ErrorCode::kUsage, "dimension of -1");
  EXPECT_ERROR(const Shape shape({int64_t{1} << 31}), ErrorCode::kUsage, "2147483648");
}

BOOST_AUTO_TEST_CASE(products_do_not_wrap) {
  const int64_t big = INT32_MAX;
  BOOST_TEST(Shape({big, big}).elements() == static_cast<uint64_t>(big) * static_cast<uint64_t>(big));
  EXPECT_ERROR(const Shape shape({big, big, 2}), ErrorCode::kUsage, "too large");
  EXPECT_ERROR(const Shape shape({big, big, big, big, big, big}), ErrorCode::kUsage, "too large");
}

BOOST_AUTO_TEST_CASE(checked_arithmetic) {
  BOOST_TEST(sateen::checked_mul(3, 5, "x") == 15U);
  BOOST_TEST(sateen::checked_align(65, 64, "x") == 128U);
  BOOST_TEST(sateen::checked_align(64, 64, "x") == 64U);
  EXPECT_ERROR((void)sateen::checked_mul(UINT64_MAX, 2, "the thing", ErrorCode::kBadInput), ErrorCode::kBadInput,
               "the thing is too large");
  EXPECT_ERROR((void)sateen::checked_add(UINT64_MAX, 1, "it"), ErrorCode::kUsage, "too large");
  EXPECT_ERROR((void)sateen::checked_align(UINT64_MAX, 64, "it"), ErrorCode::kUsage, "too large");
}

BOOST_AUTO_TEST_SUITE_END()
