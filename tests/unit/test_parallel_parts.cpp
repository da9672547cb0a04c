// What a step of several ranks is made of: shares of a batch, halves on the wire, buckets of gradients.
#define BOOST_TEST_DYN_LINK
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "corners.hpp"
#include "expect_error.hpp"
#include "parallel/half.hpp"
#include "parallel/plan.hpp"
#include "parallel/share.hpp"
#include "parallel/slow_rank.hpp"

using namespace sateen;

BOOST_AUTO_TEST_SUITE(parallel_parts)

BOOST_AUTO_TEST_CASE(shares_cover_the_batch) {
  const Sequential model = small_network();
  for (const int64_t batch : {4, 5, 16, 63}) {
    for (int ranks = 1; ranks <= 4; ++ranks) {
      int64_t next = 0, valid = 0;
      for (int rank = 0; rank < ranks; ++rank) {
        const Share share = share_of(batch, model, rank, ranks);
        BOOST_TEST(share.first == next);
        BOOST_TEST(share.rows >= 1);
        next += share.rows;
        valid += share.valid_of(batch / 2);
      }
      BOOST_TEST(next == batch);
      BOOST_TEST(valid == batch / 2);
    }
  }
  EXPECT_ERROR(share_of(3, model, 0, 4), ErrorCode::kUsage, "no share for each of 4 ranks");
  Sequential odd({3});
  odd.add(Dropout(0.5)).add(Dense(2));
  BOOST_TEST(share_of(16, odd, 1, 3).first == 4);  // a mask begins at a multiple of four values
  BOOST_TEST(share_of(16, odd, 2, 3).first == 8);
}

BOOST_AUTO_TEST_CASE(halves_keep_eleven_bits_of_what_is_not_tiny) {
  std::vector<float> values = {0, -0.0F, 1e-9F, 3e-9F, -2.5e-9F, 1.0009765e-9F, 1e-15F, 6e-18F};
  for (int i = 0; i < 1000; ++i) values.push_back(std::sin(static_cast<float>(i)) * 3e-9F);
  std::vector<unsigned char> wire(half_bytes(values.size()));
  std::vector<float> back(values.size());
  encode_half(values, wire);
  decode_half(wire, back);
  for (size_t i = 0; i < values.size(); ++i) {
    const double bound = std::max(std::abs(double{values[i]}) * 0x1p-11, 3e-9 * 0x1p-38);
    BOOST_TEST(std::abs(double{back[i]} - double{values[i]}) <= bound, values[i] << " became " << back[i]);
  }
  const float infinity = std::numeric_limits<float>::infinity();
  values = {infinity, -infinity, std::numeric_limits<float>::quiet_NaN(), 3e38F, -1e-40F};
  wire.resize(half_bytes(values.size()));
  back.resize(values.size());
  encode_half(values, wire);
  decode_half(wire, back);
  BOOST_TEST(back[0] == infinity);
  BOOST_TEST(back[1] == -infinity);
  BOOST_TEST(std::isnan(back[2]));
  BOOST_TEST(back[3] == 3e38F, boost::test_tools::tolerance(1e-3F));
  BOOST_TEST(back[4] == 0.0F);
  values = {std::numeric_limits<float>::denorm_min(), 65519.0F * 0x1p-140F};  // all of them subnormal
  wire.resize(half_bytes(values.size()));
  back.resize(values.size());
  encode_half(values, wire);
  decode_half(wire, back);
  BOOST_TEST(std::isfinite(back[0]));
  BOOST_TEST(back[1] > 0.0F);
}

BOOST_AUTO_TEST_CASE(buckets_hold_every_gradient_once) {
  const Sequential model = normalised_network();
  const ParameterLayout layout = plan_parameters(model, 64);
  StepSpec spec;
  spec.batch = 4;
  spec.rows = 1;
  spec.images = 8;
  const GradientStep step = emit_gradient_step(model, layout, spec, 64);
  for (const uint64_t least : {uint64_t{1}, uint64_t{1000}, uint64_t{1} << 20}) {
    uint64_t end = layout.bytes, statistics = 0;
    size_t ops = 0;
    const auto buckets = plan_buckets(model, layout, step, least);
    for (const BucketPlan& bucket : buckets) {
      BOOST_TEST(bucket.ops >= ops);
      BOOST_TEST(bucket.exact == bucket.ranges.front().of_parameters);
      ops = bucket.ops;
      for (const BucketRange& range : bucket.ranges) {
        if (range.of_parameters) {
          statistics += range.bytes;
        } else {
          BOOST_TEST(range.offset + range.bytes == end);
          end = range.offset;
        }
      }
    }
    BOOST_TEST(end == 0U);
    BOOST_TEST(statistics == 2 * 5 * sizeof(float));
    BOOST_TEST(ops == step.graph.op_count());
    BOOST_TEST(buckets.size() == (least == 1 ? 4U : least == 1000 ? 3U : 2U));
  }
}

BOOST_AUTO_TEST_CASE(a_rank_is_slow_where_it_is_in_most_steps) {
  const auto group = local_communicators(3);
  SlowRank slow(3, 2);
  BOOST_TEST(!slow.words(*group[0]).has_value());
  for (int step = 0; step < 5; ++step) slow.add(std::vector<double>{0.01, 0.012, step < 3 ? 0.05 : 0.01});
  BOOST_TEST(slow.words(*group[0]).value_or("") ==
             "rank 2 is slow: 34 ms a step, where the median is 12 ms; all others wait for it");
  slow.begin_epoch();
  for (int step = 0; step < 5; ++step) slow.add(std::vector<double>{0.01, 0.012, step < 2 ? 1.0 : 0.01});
  BOOST_TEST(!slow.words(*group[0]).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
