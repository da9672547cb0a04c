// Which device a user means.
#define BOOST_TEST_DYN_LINK
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "expect_error.hpp"
#include "runtime/select.hpp"

using sateen::DeviceInfo;
using sateen::ErrorCode;
using sateen::select_device;

namespace {

DeviceInfo device(uint32_t index, const std::string& id, const std::string& name, uint32_t type) {
  DeviceInfo info;
  info.backend = "opencl";
  info.index = index;
  info.id = id;
  info.name = name;
  info.vendor = index == 0 ? "The pocl project" : "Advanced Micro Devices, Inc.";
  info.type = type;
  return info;
}

const std::vector<DeviceInfo> kDevices{device(0, "opencl:0:0", "cpu-znver4-EPYC", SATEEN_DEVICE_CPU),
                                       device(1, "opencl:1:0", "gfx1030 Radeon", SATEEN_DEVICE_GPU),
                                       device(2, "opencl:1:1", "gfx1100 Radeon", SATEEN_DEVICE_GPU)};

std::string pick(const std::string& wanted) {
  return select_device(kDevices, "opencl", wanted).id;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(select_a_device)

BOOST_AUTO_TEST_CASE(auto_is_a_gpu_else_the_first) {
  BOOST_TEST(pick("") == "opencl:1:0");
  BOOST_TEST(pick("auto") == "opencl:1:0");
  BOOST_TEST(select_device({kDevices[0]}, "opencl", "auto").id == "opencl:0:0");
  EXPECT_ERROR(select_device({}, "opencl", "auto"), ErrorCode::kDevice, "no device");
}

BOOST_AUTO_TEST_CASE(by_id_numbers_or_a_part_of_the_name) {
  BOOST_TEST(pick("opencl:1:1") == "opencl:1:1");
  BOOST_TEST(pick("1:1") == "opencl:1:1");
  BOOST_TEST(pick("GFX1100") == "opencl:1:1");
  BOOST_TEST(pick("Pocl") == "opencl:0:0");
}

BOOST_AUTO_TEST_CASE(nothing_is_guessed) {
  EXPECT_ERROR(pick("radeon"), ErrorCode::kDevice, "more than one device");
  EXPECT_ERROR(pick("radeon"), ErrorCode::kDevice,
               "opencl:1:0 (gfx1030 Radeon), opencl:1:1 (gfx1100 Radeon); give an id");
  EXPECT_ERROR(pick("geforce"), ErrorCode::kDevice, "no device 'geforce'; there are: opencl:0:0 (cpu-znver4-EPYC), ");
  EXPECT_ERROR(pick("9:9"), ErrorCode::kDevice, "no device '9:9'");
}

BOOST_AUTO_TEST_CASE(over_all_backends) {
  std::vector<DeviceInfo> all = kDevices;
  DeviceInfo cpu = device(0, "cpu", "EPYC", SATEEN_DEVICE_CPU);
  cpu.backend = "cpu";
  all.insert(all.begin(), cpu);
  DeviceInfo twin = device(3, "other:1:1", "Arc", SATEEN_DEVICE_GPU);
  twin.backend = "other";
  all.push_back(twin);
  BOOST_TEST(select_device(all, "", "cpu").id == "cpu");
  BOOST_TEST(select_device(all, "", "opencl:1:0").id == "opencl:1:0");
  BOOST_TEST(select_device(all, "", "1:0").id == "opencl:1:0");
  BOOST_TEST(select_device(all, "", "gfx1100").id == "opencl:1:1");
  EXPECT_ERROR(select_device(all, "", "1:1"), ErrorCode::kDevice, "'1:1' fits more than one device: opencl:1:1 ");
  BOOST_TEST(select_device(all, "", "epyc").id == "cpu");  // a whole name goes before a part of one
  EXPECT_ERROR(select_device(all, "", "epy"), ErrorCode::kDevice, "fits more than one device: cpu (EPYC), opencl:0:0 ");
  EXPECT_ERROR(select_device(all, "", "tpu", "; x can't"), ErrorCode::kDevice,
               "there is no device 'tpu'; there are: cpu");
  EXPECT_ERROR(select_device(all, "", "tpu", "; x can't"), ErrorCode::kDevice, "Arc); x can't");
}

BOOST_AUTO_TEST_SUITE_END()
