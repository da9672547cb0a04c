// "auto": its rule on speeds that are given, what it remembers, and the choice where there is one device.
#define BOOST_TEST_DYN_LINK
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "choose/measure.hpp"
#include "choose/rule.hpp"
#include "choose/speed_memory.hpp"
#include "expect_error.hpp"
#include "sateen/choose_device.hpp"
#include "temp_folder.hpp"

namespace fs = std::filesystem;
using namespace sateen;

namespace {

DeviceInfo device(const std::string& id, uint32_t type = SATEEN_DEVICE_CPU, const std::string& driver = "1") {
  DeviceInfo info;
  info.id = id;
  info.name = "name of " + id;
  info.driver = driver;
  info.type = type;
  return info;
}

size_t pick(const std::vector<double>& speeds) {
  return fastest(speeds);
}

fs::path only_file(const fs::path& folder) {
  return fs::directory_iterator(folder)->path();
}

const std::vector<DeviceInfo> kTwo{device("a"), device("b")};
const std::vector<double> kSpeeds{100.5, 200};

}  // namespace

BOOST_AUTO_TEST_SUITE(choose)

BOOST_AUTO_TEST_CASE(the_first_gpu_wins) {
  BOOST_TEST(first_gpu(kTwo) == 2U);
  BOOST_TEST(first_gpu(std::vector{device("a"), device("b", SATEEN_DEVICE_ACCELERATOR), device("c", SATEEN_DEVICE_GPU),
                                   device("d", SATEEN_DEVICE_GPU)}) == 2U);
}

BOOST_AUTO_TEST_CASE(the_fastest_wins_and_the_first_among_equals) {
  BOOST_TEST(pick({100, 106}) == 1U);
  BOOST_TEST(pick({100, 105}) == 0U);
  BOOST_TEST(pick({100, 90}) == 0U);
  BOOST_TEST(pick({100, 104, 108}) == 1U);
  BOOST_TEST(pick({0, 1}) == 1U);
  BOOST_TEST(pick({100, 0}) == 0U);
}

BOOST_AUTO_TEST_CASE(speeds_are_remembered_for_the_same_candidates_alone) {
  const TempFolder folder;
  const fs::path cache = folder / "made/by/write";
  const SpeedMemory memory(cache, kTwo, false);
  BOOST_TEST(memory.remembers());
  BOOST_TEST(!memory.read().has_value());
  memory.write(kSpeeds);
  BOOST_TEST((memory.read() == kSpeeds));
  BOOST_TEST((SpeedMemory(cache, kTwo, false).read() == kSpeeds));
  BOOST_TEST(!SpeedMemory(cache, std::vector{device("a")}, false).read().has_value());
  BOOST_TEST(!SpeedMemory(cache, std::vector{kTwo[1], kTwo[0]}, false).read().has_value());
  BOOST_TEST(!SpeedMemory(cache, std::vector{kTwo[0], device("b", SATEEN_DEVICE_CPU, "2")}, false).read().has_value());
  BOOST_TEST(!SpeedMemory(cache, kTwo, true).read().has_value());
  const SpeedMemory strict(cache, kTwo, true);
  const std::vector<double> others{3, 2};
  strict.write(others);
  BOOST_TEST((strict.read() == others));
  BOOST_TEST((memory.read() == kSpeeds));
  const fs::perms mode = fs::status(cache).permissions();
  BOOST_TEST((mode == fs::perms::owner_all));
}

BOOST_AUTO_TEST_CASE(names_of_drivers_may_hold_any_bytes) {
  const TempFolder folder;
  const SpeedMemory memory(folder.path(), std::vector{device("a", SATEEN_DEVICE_CPU, "\xff\x01\"\\"), device("b")},
                           false);
  memory.write(kSpeeds);
  BOOST_TEST((memory.read() == kSpeeds));
}

BOOST_AUTO_TEST_CASE(damaged_and_foreign_files_count_for_nothing_and_are_replaced) {
  const TempFolder folder;
  const SpeedMemory memory(folder.path(), kTwo, false);
  memory.write(kSpeeds);
  const fs::path file = only_file(folder.path());
  const std::vector<uint8_t> good = get_file(file);
  const std::string text(good.begin(), good.end());
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string changed = text;
    changed.replace(changed.find(from), from.size(), to);
    return changed;
  };
  for (const std::string& bad :
       {std::string(), text.substr(0, text.size() / 2), std::string("[1,2]"), with("100.5", "0"), with("100.5", "-1"),
        with("100.5", "\"fast\""), with("100.5", "1e999"), with("100.5,", ""), with("name of b", "name of c"),
        std::string(100000, ' ')}) {
    put_file(file, bad);
    BOOST_TEST(!memory.read().has_value(), bad);
  }
  memory.write(kSpeeds);
  BOOST_TEST((memory.read() == kSpeeds));
  fs::remove(file);
  fs::create_directory(file);
  BOOST_TEST(!memory.read().has_value());
  EXPECT_ERROR(memory.write(kSpeeds), ErrorCode::kOutput, "is a folder");
}

BOOST_AUTO_TEST_CASE(without_a_folder_nothing_is_remembered) {
  const SpeedMemory memory({}, kTwo, false);
  BOOST_TEST(!memory.remembers());
  memory.write(kSpeeds);
  BOOST_TEST(!memory.read().has_value());
  EXPECT_ERROR(SpeedMemory("/proc/none", kTwo, false).write(kSpeeds), ErrorCode::kOutput,
               "/proc/none: can't be made: ");
}

BOOST_AUTO_TEST_CASE(one_device_needs_no_measurement) {
  const Registry registry(Registry::Options{{}, false, {}});
  const DeviceChoice only = choose_device(registry);
  BOOST_TEST(only.device.id == "cpu");
  BOOST_TEST((only.reason == DeviceChoice::Reason::kOnly));
  BOOST_TEST(only.speeds.empty());
  DeviceRequest request;
  request.backend = "cpu";
  BOOST_TEST((choose_device(registry, request).reason == DeviceChoice::Reason::kAsked));
  request = {};
  request.device = "cpu";
  BOOST_TEST((choose_device(registry, request).reason == DeviceChoice::Reason::kAsked));
  request.device = "opencl:0:0";
  EXPECT_ERROR((void)choose_device(registry, request), ErrorCode::kDevice, "there is no device 'opencl:0:0'");
  request = {};
  request.backend = "abacus";
  EXPECT_ERROR((void)choose_device(registry, request), ErrorCode::kDevice, "no backend 'abacus'");
}

BOOST_AUTO_TEST_CASE(a_device_that_fails_is_left_out_of_a_measurement) {
  const Registry registry(Registry::Options{{}, false, {}});
  std::vector<DeviceInfo> candidates = registry.devices();
  candidates.push_back(candidates[0]);
  candidates.back().id = "gone";
  const std::vector<Measured> results = measure_speeds(registry, candidates, {});
  BOOST_REQUIRE(results.size() == 2U);
  BOOST_TEST(results[0].failure.empty());
  BOOST_TEST(results[1].failure.find("'gone'") != std::string::npos, results[1].failure);
  candidates[1] = candidates[0];
  for (const Measured& m : measure_speeds(registry, candidates, {})) {
    BOOST_TEST(m.failure.empty());
    BOOST_TEST(m.images_per_second > 1);
  }
}

BOOST_AUTO_TEST_SUITE_END()
