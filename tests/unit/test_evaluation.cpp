// Loss, accuracy and scores of classes, against values worked out by hand.
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "expect_error.hpp"
#include "sateen/evaluation.hpp"

using sateen::ClassScores;
using sateen::ErrorCode;
using sateen::Evaluation;

namespace {

void check_scores(const ClassScores& scores, double precision, double recall, double f1, uint64_t support) {
  constexpr double kNear = 1e-12;
  BOOST_TEST(std::abs(scores.precision - precision) < kNear);
  BOOST_TEST(std::abs(scores.recall - recall) < kNear);
  BOOST_TEST(std::abs(scores.f1 - f1) < kNear);
  BOOST_TEST(scores.support == support);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(evaluation)

// Truth 0 0 0 1 1, said 0 0 1 1 0; class 2 never is and never is said.
BOOST_AUTO_TEST_CASE(counts_and_scores) {
  Evaluation e(3);
  e.add(std::vector<float>{0.5F, 0.25F, 0.25F, 0.5F, 0.5F, 0.0F}, std::vector<uint8_t>{0, 0});  // a tie: the first
  e.add(std::vector<float>{0.25F, 0.5F, 0.25F, 0.0F, 1.0F, 0.0F, 0.75F, 0.25F, 0.0F}, std::vector<uint8_t>{0, 1, 1});
  BOOST_TEST(e.images() == 5U);
  BOOST_TEST(e.accuracy() == 0.6);
  const double loss = -(std::log(0.5) + std::log(0.5) + std::log(0.25) + std::log(1.0) + std::log(0.25)) / 5;
  BOOST_TEST(std::abs(e.loss() - loss) < 1e-12);
  const uint64_t expected[3][3] = {{2, 1, 0}, {1, 1, 0}, {0, 0, 0}};
  for (int64_t truth = 0; truth < 3; ++truth) {
    for (int64_t said = 0; said < 3; ++said) BOOST_TEST(e.count(truth, said) == expected[truth][said]);
  }
  check_scores(e.scores(0), 2.0 / 3, 2.0 / 3, 2.0 / 3, 3);
  check_scores(e.scores(1), 0.5, 0.5, 0.5, 2);
  check_scores(e.scores(2), 0, 0, 0, 0);
  const double macro = (2.0 / 3 + 0.5) / 3;
  check_scores(e.macro_average(), macro, macro, macro, 5);
  const double weighted = (2.0 / 3 * 3 + 0.5 * 2) / 5;
  check_scores(e.weighted_average(), weighted, weighted, weighted, 5);
}

BOOST_AUTO_TEST_CASE(precision_is_not_recall) {
  Evaluation e(2);
  e.add(std::vector<float>{1, 0, 1, 0, 1, 0, 0, 1}, std::vector<uint8_t>{0, 1, 1, 1});
  check_scores(e.scores(0), 1.0 / 3, 1, 0.5, 1);
  check_scores(e.scores(1), 1, 1.0 / 3, 0.5, 3);
}

BOOST_AUTO_TEST_CASE(nothing) {
  const Evaluation e(10);
  BOOST_TEST(e.loss() == 0);
  BOOST_TEST(e.accuracy() == 0);
  check_scores(e.weighted_average(), 0, 0, 0, 0);
}

BOOST_AUTO_TEST_CASE(a_probability_of_nothing_is_a_finite_loss) {
  Evaluation e(2);
  e.add(std::vector<float>{0, 1}, std::vector<uint8_t>{0});
  BOOST_TEST(std::abs(e.loss() + std::log(static_cast<double>(std::numeric_limits<float>::min()))) < 1e-12);
}

BOOST_AUTO_TEST_CASE(wrong_input_adds_nothing) {
  EXPECT_ERROR(Evaluation(0), ErrorCode::kUsage, "1 to 256");
  EXPECT_ERROR(Evaluation(257), ErrorCode::kUsage, "1 to 256");
  Evaluation e(2);
  const std::vector<float> row = {0.5F, 0.5F};
  EXPECT_ERROR(e.add(row, std::vector<uint8_t>{0, 1}), ErrorCode::kUsage, "2 probabilities for 2 images of 2 classes");
  EXPECT_ERROR(e.add(row, std::vector<uint8_t>{2}), ErrorCode::kUsage, "none of 2 classes");
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    EXPECT_ERROR(e.add(std::vector<float>{bad, 0}, std::vector<uint8_t>{1}), ErrorCode::kBadInput, "not finite");
  }
  BOOST_TEST(e.images() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
