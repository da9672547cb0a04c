// The extension sateen.peak/1 of backends that have it.
#include <cmath>
#include <cstring>

#include "raw_graph.hpp"
#include "suite.hpp"
#include "target.hpp"

namespace conformance {
namespace {

const sateen_peak* find_peak() {
  return static_cast<const sateen_peak*>(extension_or_skip(SATEEN_PEAK_1));
}

bool is_rate(double rate) {
  return std::isfinite(rate) && rate > 0;
}

void rates() {
  const sateen_peak* peak = find_peak();
  if (peak == nullptr) return;
  BOOST_TEST(peak->struct_size >= sizeof(sateen_peak));
  sateen_peak_rates found{};
  found.struct_size = sizeof found;
  BOOST_REQUIRE_MESSAGE(peak->measure(target().handle(), &found) == SATEEN_OK, target().last_error());
  BOOST_TEST(found.struct_size == sizeof found);
  BOOST_TEST(found.reserved == 0U);
  BOOST_TEST(is_rate(found.flops));
  BOOST_TEST(is_rate(found.bytes_per_second));
  BOOST_TEST_MESSAGE("peak: " << found.flops * 1e-9 << " GFLOP/s, " << found.bytes_per_second * 1e-9 << " GB/s");
  expect_usable(target());
}

/// An older host's shorter structure, and what is refused without a measurement.
void arguments() {
  const sateen_peak* peak = find_peak();
  if (peak == nullptr) return;
  sateen_peak_rates found{};
  found.struct_size = sizeof found;
  BOOST_TEST(peak->measure(nullptr, &found) == SATEEN_INVALID);
  BOOST_TEST(peak->measure(target().handle(), nullptr) == SATEEN_INVALID);
  BOOST_TEST(!target().last_error().empty());
  found.struct_size = 0;
  BOOST_TEST(peak->measure(target().handle(), &found) == SATEEN_INVALID);
  BOOST_TEST((found.flops == 0 && found.bytes_per_second == 0));
  constexpr uint32_t kShort = offsetof(sateen_peak_rates, bytes_per_second);
  found.struct_size = kShort;
  BOOST_TEST(peak->measure(target().handle(), &found) == SATEEN_OK);
  BOOST_TEST(found.struct_size == kShort);
  BOOST_TEST(is_rate(found.flops));
  BOOST_TEST(found.bytes_per_second == 0);
}

}  // namespace

boost::unit_test::test_suite* peak_rules_suite() {
  auto* suite = BOOST_TEST_SUITE("peak_rules");
  add_test(*suite, "rates", rates);
  add_test(*suite, "arguments", arguments);
  return suite;
}

}  // namespace conformance
