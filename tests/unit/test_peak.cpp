// What a device can do at the most, how much arithmetic a model needs, and what a device's buffers take.
#define BOOST_TEST_DYN_LINK
#include <algorithm>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "expect_error.hpp"
#include "runtime/peak.hpp"
#include "sateen/data.hpp"
#include "sateen/flops.hpp"
#include "sateen/sdk/peak.hpp"

using namespace sateen;

namespace {

Device cpu(const std::vector<std::string>& options = {}) {
  return Registry(Registry::Options{{}, false, {}}).open("cpu", {}, options);
}

uint64_t flops_of(const std::vector<OperationFlops>& operations, const std::string& name) {
  const auto found = std::find_if(operations.begin(), operations.end(),
                                  [&](const OperationFlops& each) { return each.operation == name; });
  return found == operations.end() ? 0 : found->flops;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(peak)

BOOST_AUTO_TEST_CASE(of_a_device) {
  const std::optional<PeakRates> rates = cpu({"threads=1"}).peak();
  BOOST_REQUIRE(rates.has_value());
  BOOST_TEST(rates->flops > 1e6);
  BOOST_TEST(rates->bytes_per_second > 1e6);
}

BOOST_AUTO_TEST_CASE(of_a_backend_that_has_none) {
  sateen_backend backend{};
  backend.extension = [](const char*) -> const void* { return nullptr; };
  DeviceState state;
  state.backend = &backend;
  BOOST_TEST(!read_peak(state).has_value());
}

BOOST_AUTO_TEST_CASE(a_failure_is_told) {
  sateen_backend backend{};
  backend.extension = [](const char*) -> const void* {
    static constexpr sateen_peak kPeak = {
        sizeof(sateen_peak), 0, [](sateen_device*, sateen_peak_rates*) -> sateen_status { return SATEEN_NO_MEMORY; }};
    return &kPeak;
  };
  backend.last_error = [](const sateen_device*) { return "none is left"; };
  DeviceState state;
  state.backend = &backend;
  state.info.id = "tiny";
  EXPECT_ERROR((void)read_peak(state), ErrorCode::kNoMemory, "tiny: measure the peak: none is left");
}

BOOST_AUTO_TEST_CASE(the_rate_is_the_best_run) {
  std::vector<uint64_t> asked;
  const double rate = sdk::best_rate([&](uint64_t n) { asked.push_back(n); }, 3, 50);
  BOOST_TEST(rate > 0);
  BOOST_TEST(asked.front() == 3U);
  BOOST_TEST(asked.back() == 48U);  // an empty run is never long enough, so that it comes to the most
}

BOOST_AUTO_TEST_CASE(arithmetic_of_the_published_network) {
  for (const bool dropout : {false, true}) {
    const Sequential network = fashion_mnist_network(dropout);
    const auto forward = count_flops(network, false);
    const auto training = count_flops(network, true);
    BOOST_TEST(forward.size() == 5U);
    BOOST_TEST(training.size() == 14U);
    BOOST_TEST(flops_of(training, "conv1.forward") == 2U * 28 * 28 * 32 * 9);
    BOOST_TEST(flops_of(training, "conv1.backward_data") == 0U);
    BOOST_TEST(flops_of(training, "conv3.backward_data") == 2U * 7 * 7 * 128 * 9 * 64);
    BOOST_TEST(flops_of(training, "dense1.backward_weights") == 2U * 2048 * 128);
    BOOST_TEST(total_flops(forward) == 15'429'120U);
    BOOST_TEST(total_flops(training) == 3 * 15'429'120U - 2U * 28 * 28 * 32 * 9);
  }
}

BOOST_AUTO_TEST_CASE(buffers_are_counted) {
  Device device = cpu();
  BOOST_TEST(device.buffer_bytes() == 0U);
  {
    std::vector<Buffer> copies(2, device.create_buffer(1000));
    copies.pop_back();  // one is left
    const Buffer other = Device(device).create_buffer(24);
    BOOST_TEST(device.buffer_bytes() == 1024U);
  }
  BOOST_TEST(device.buffer_bytes() == 0U);
}

BOOST_AUTO_TEST_CASE(noise_is_the_same_each_time) {
  const Dataset noise = noise_dataset({4, 3, 1}, 7, 20);
  BOOST_TEST(noise.size() == 20U);
  BOOST_TEST(noise.labels()[8] == 1);
  BOOST_TEST(noise.hash() == noise_dataset({4, 3, 1}, 7, 20).hash());
  EXPECT_ERROR((void)noise_dataset({4}, 0, 1), ErrorCode::kUsage, "1 to 256 classes");
  EXPECT_ERROR((void)noise_dataset({4}, 257, 1), ErrorCode::kUsage, "1 to 256 classes");
}

BOOST_AUTO_TEST_SUITE_END()
