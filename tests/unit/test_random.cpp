// Philox against the published vectors, and the draws that core makes with it.
#define BOOST_TEST_DYN_LINK
#include <algorithm>
#include <array>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "sateen/random.hpp"

using sateen::philox4x32;
using sateen::RandomStream;

BOOST_AUTO_TEST_SUITE(random_numbers)

BOOST_AUTO_TEST_CASE(published_vectors) {  // kat_vectors of Random123
  using Words = std::array<uint32_t, 4>;
  const uint32_t f = 0xffffffffU;
  BOOST_TEST((philox4x32({0, 0}, {0, 0, 0, 0}) == Words{0x6627e8d5U, 0xe169c58dU, 0xbc57ac4cU, 0x9b00dbd8U}));
  BOOST_TEST((philox4x32({f, f}, {f, f, f, f}) == Words{0x408f276dU, 0x41c83b0eU, 0xa20bc7c6U, 0x6d5451fdU}));
  BOOST_TEST((philox4x32({0xa4093822U, 0x299f31d0U}, {0x243f6a88U, 0x85a308d3U, 0x13198a2eU, 0x03707344U}) ==
              Words{0xd16cfe09U, 0x94fdccebU, 0x5001e420U, 0x24126ea1U}));
}

BOOST_AUTO_TEST_CASE(a_stream_counts_through_blocks) {
  const uint64_t seed = 0x0123456789abcdefU;
  RandomStream random(seed, 0x30007, 5);
  for (uint32_t block = 0; block < 3; ++block) {
    const auto words = philox4x32({0x89abcdefU, 0x01234567U}, {block, 0, 5, 0x30007});
    for (const uint32_t word : words) BOOST_TEST(random.next() == word);
  }
}

BOOST_AUTO_TEST_CASE(uniform_is_below_one) {
  RandomStream random(1, 1);
  float least = 1, most = 0;
  for (int i = 0; i < 100000; ++i) {
    const float u = random.uniform();
    least = std::min(least, u);
    most = std::max(most, u);
  }
  BOOST_TEST(least >= 0.0F);
  BOOST_TEST(least < 0.001F);
  BOOST_TEST(most < 1.0F);
  BOOST_TEST(most > 0.999F);
}

BOOST_AUTO_TEST_CASE(below_is_even) {
  RandomStream random(7, 2);
  std::array<int, 7> counts{};
  for (int i = 0; i < 70000; ++i) ++counts[random.below(7)];
  for (const int c : counts) BOOST_TEST(std::abs(c - 10000) < 500);  // five standard deviations
  BOOST_TEST(random.below(1) == 0U);
}

BOOST_AUTO_TEST_CASE(a_permutation_has_each_once_and_depends_on_seed_and_step) {
  const auto order = sateen::random_permutation(1000, RandomStream(3, 1));
  auto sorted = order;
  std::sort(sorted.begin(), sorted.end());
  for (int i = 0; i < 1000; ++i) BOOST_REQUIRE_EQUAL(sorted[static_cast<size_t>(i)], i);
  BOOST_TEST((order == sateen::random_permutation(1000, RandomStream(3, 1))));
  BOOST_TEST((order != sateen::random_permutation(1000, RandomStream(4, 1))));
  BOOST_TEST((order != sateen::random_permutation(1000, RandomStream(3, 1, 1))));
  BOOST_TEST(sateen::random_permutation(0, RandomStream(3, 1)).empty());
}

BOOST_AUTO_TEST_SUITE_END()
