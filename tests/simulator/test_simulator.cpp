// Each pretended device is asked directly for what it could not do, and the driver beneath it for the same: the one
// refuses, the other does it.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#define BOOST_TEST_NO_MAIN
#define BOOST_TEST_ALTERNATIVE_INIT_API
#include <boost/test/unit_test.hpp>

#include "driver.hpp"
#include "sateen/sdk/failure.hpp"

namespace {

using sateen::opencl::Driver;
using sateen::opencl::Pretence;

constexpr const char* kPlainKernel = "kernel void k(global float* p) { p[get_global_id(0)] = 1.0f; }\n";

Driver pretending(const std::string& words) {
  return Driver(Pretence::from(words));
}

void expect_ok(cl_int code) {
  BOOST_REQUIRE_EQUAL(code, CL_SUCCESS);
}

/// The first device, with a queue. What OpenCL made is given back when the process ends.
struct Bench {
  Bench() {
    cl_platform_id platform = nullptr;
    expect_ok(clGetPlatformIDs(1, &platform, nullptr));
    expect_ok(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, nullptr));
    cl_int code = CL_SUCCESS;
    context = clCreateContext(nullptr, 1, &device, nullptr, nullptr, &code);
    expect_ok(code);
    queue = clCreateCommandQueue(context, device, 0, &code);
    expect_ok(code);
    memory = clCreateBuffer(context, CL_MEM_READ_WRITE, 1 << 20, nullptr, &code);
    expect_ok(code);
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;
  ~Bench() {
    clFinish(queue);
    clReleaseMemObject(memory);
    clReleaseCommandQueue(queue);
    clReleaseContext(context);
  }

  /// What building the source ends with.
  cl_int build(const Driver& driver, const std::string& source, const char* options = "-cl-std=CL1.2") const {
    cl_int code = CL_SUCCESS;
    cl_program program = driver.create_program(context, device, source, &code);
    expect_ok(code);
    code = driver.build(program, device, options);
    clReleaseProgram(program);
    return code;
  }

  /// What running kernel `k` ends with when it is enqueued.
  cl_int run(const Driver& driver, const std::string& source, const std::vector<size_t>& local) const {
    cl_int code = CL_SUCCESS;
    const Driver real = pretending("");
    cl_program program = real.create_program(context, device, source, &code);
    expect_ok(code);
    expect_ok(real.build(program, device, "-cl-std=CL1.2"));
    cl_kernel kernel = clCreateKernel(program, "k", &code);
    expect_ok(code);
    expect_ok(clSetKernelArg(kernel, 0, sizeof(cl_mem), &memory));
    cl_event done = nullptr;
    code = driver.enqueue_kernel(queue, kernel, static_cast<cl_uint>(local.size()), local.data(), local.data(), &done);
    if (code == CL_SUCCESS) expect_ok(clWaitForEvents(1, &done));
    if (done != nullptr) clReleaseEvent(done);
    clReleaseKernel(kernel);
    clReleaseProgram(program);
    return code;
  }

  template <typename T>
  T number(const Driver& driver, cl_device_info what) const {
    T value{};
    expect_ok(driver.device_info(device, what, sizeof value, &value, nullptr));
    return value;
  }

  std::string text(const Driver& driver, cl_device_info what) const {
    size_t n = 0;
    expect_ok(driver.device_info(device, what, 0, nullptr, &n));
    std::string text(n, '\0');
    expect_ok(driver.device_info(device, what, n, text.data(), nullptr));
    return text.substr(0, text.find('\0'));
  }

  cl_device_id device = nullptr;
  cl_context context = nullptr;
  cl_command_queue queue = nullptr;
  cl_mem memory = nullptr;
};

const Driver kReal(Pretence{});

}  // namespace

BOOST_FIXTURE_TEST_CASE(groups, Bench) {
  BOOST_TEST(run(kReal, kPlainKernel, {128}) == CL_SUCCESS);
  const Driver small = pretending("small-groups");
  BOOST_TEST(run(small, kPlainKernel, {64}) == CL_SUCCESS);
  BOOST_TEST(run(small, kPlainKernel, {128}) == CL_INVALID_WORK_ITEM_SIZE);
  BOOST_TEST(run(small, kPlainKernel, {16, 16}) == CL_INVALID_WORK_GROUP_SIZE);
  BOOST_TEST(run(small, kPlainKernel, {8, 8}) == CL_SUCCESS);
  BOOST_TEST(number<size_t>(small, CL_DEVICE_MAX_WORK_GROUP_SIZE) == 64U);
  const Driver single = pretending("single-items");
  BOOST_TEST(run(single, kPlainKernel, {1}) == CL_SUCCESS);
  BOOST_TEST(run(single, kPlainKernel, {2}) == CL_INVALID_WORK_ITEM_SIZE);
}

BOOST_FIXTURE_TEST_CASE(a_group_that_the_driver_chooses, Bench) {
  cl_int code = CL_SUCCESS;
  cl_program program = kReal.create_program(context, device, kPlainKernel, &code);
  expect_ok(code);
  expect_ok(kReal.build(program, device, ""));
  cl_kernel kernel = clCreateKernel(program, "k", &code);
  expect_ok(code);
  size_t most = 0;
  expect_ok(
      pretending("small-groups").kernel_work_group_info(kernel, device, CL_KERNEL_WORK_GROUP_SIZE, sizeof most, &most));
  BOOST_TEST(most <= 64U);
  expect_ok(clSetKernelArg(kernel, 0, sizeof(cl_mem), &memory));
  const size_t items = 128;
  BOOST_TEST(pretending("small-groups").enqueue_kernel(queue, kernel, 1, &items, nullptr, nullptr) ==
             CL_INVALID_WORK_GROUP_SIZE);
  BOOST_TEST(kReal.enqueue_kernel(queue, kernel, 1, &items, nullptr, nullptr) == CL_SUCCESS);
  clFinish(queue);
  clReleaseKernel(kernel);
  clReleaseProgram(program);
}

BOOST_FIXTURE_TEST_CASE(allocations, Bench) {
  const Driver small = pretending("small-allocations");
  constexpr size_t kMost = size_t{128} << 20;
  for (const size_t bytes : {kMost, kMost + 1}) {
    for (const Driver* driver : {&small, &kReal}) {
      const bool granted = driver == &kReal || bytes <= kMost;
      cl_int code = CL_SUCCESS;
      cl_mem made = driver->create_buffer(context, bytes, &code);
      BOOST_TEST(code == (granted ? CL_SUCCESS : CL_INVALID_BUFFER_SIZE));
      BOOST_TEST((made != nullptr) == granted);
      if (made != nullptr) clReleaseMemObject(made);
    }
  }
  BOOST_TEST(number<cl_ulong>(small, CL_DEVICE_MAX_MEM_ALLOC_SIZE) == kMost);
}

BOOST_FIXTURE_TEST_CASE(sub_buffers, Bench) {
  const Driver wide = pretending("wide-alignment");
  const cl_buffer_region region = {1024, 64};
  cl_int code = CL_SUCCESS;
  BOOST_TEST(wide.create_sub_buffer(memory, region, &code) == nullptr);
  BOOST_TEST(code == CL_MISALIGNED_SUB_BUFFER_OFFSET);
  cl_mem made = kReal.create_sub_buffer(memory, region, &code);
  BOOST_TEST(code == CL_SUCCESS);
  clReleaseMemObject(made);
  BOOST_TEST(number<cl_uint>(wide, CL_DEVICE_MEM_BASE_ADDR_ALIGN) == 8 * 4096U);
}

BOOST_FIXTURE_TEST_CASE(local_memory, Bench) {
  const char* hungry =
      "kernel void k(global float* p) {\n"
      "  local float t[5000];\n"
      "  for (int i = get_local_id(0); i < 5000; i += get_local_size(0)) t[i] = i;\n"
      "  barrier(CLK_LOCAL_MEM_FENCE);\n"
      "  p[get_global_id(0)] = t[(int)p[0] & 4095];\n"
      "}\n";
  BOOST_TEST(run(kReal, hungry, {4}) == CL_SUCCESS);
  BOOST_TEST(run(pretending("small-local"), hungry, {4}) == CL_OUT_OF_RESOURCES);
  BOOST_TEST(run(pretending("small-local"), kPlainKernel, {4}) == CL_SUCCESS);
  BOOST_TEST(number<cl_ulong>(pretending("small-local"), CL_DEVICE_LOCAL_MEM_SIZE) == 16384U);
}

BOOST_FIXTURE_TEST_CASE(what_the_compiler_knows, Bench) {
  const std::string with_constant =
      "__constant float c[2] = {1.0f, 2.0f};\nkernel void k(global float* p) { p[0] = c[get_global_id(0) & 1]; }\n";
  BOOST_TEST(build(kReal, with_constant) == CL_SUCCESS);
  BOOST_TEST(build(pretending("tiny-constant"), with_constant) == CL_BUILD_PROGRAM_FAILURE);
  const std::string with_double =
      "#pragma OPENCL EXTENSION cl_khr_fp64 : enable\nkernel void k(global float* p) { double d = p[0]; p[1] = d; }\n";
  if (text(kReal, CL_DEVICE_EXTENSIONS).find("cl_khr_fp64") != std::string::npos) {
    BOOST_TEST(build(kReal, with_double) == CL_SUCCESS);
    const std::string guarded = "#ifdef cl_khr_fp64\n" + with_double + "#else\n" + kPlainKernel + "#endif\n";
    BOOST_TEST(build(pretending("no-fp64"), guarded) == CL_SUCCESS);
    BOOST_TEST(build(pretending("plain"), guarded) == CL_SUCCESS);
  }
  for (const char* words : {"no-fp64", "plain"}) {
    BOOST_TEST(build(pretending(words), with_double) == CL_BUILD_PROGRAM_FAILURE);
    BOOST_TEST(number<cl_device_fp_config>(pretending(words), CL_DEVICE_DOUBLE_FP_CONFIG) == 0U);
    BOOST_TEST(text(pretending(words), CL_DEVICE_EXTENSIONS).find("cl_khr_fp64") == std::string::npos);
  }
  const std::string with_sub_groups = "kernel void k(global float* p) { p[0] = get_sub_group_size(); }\n";
  BOOST_TEST(build(pretending("no-sub-groups"), with_sub_groups) == CL_BUILD_PROGRAM_FAILURE);
  for (const char* words : {"tiny-constant", "no-fp64", "no-sub-groups", "plain"}) {
    BOOST_TEST(build(pretending(words), kPlainKernel) == CL_SUCCESS, words);
  }
}

BOOST_FIXTURE_TEST_CASE(without_extensions, Bench) {
  const Driver plain = pretending("plain");
  BOOST_TEST(text(plain, CL_DEVICE_EXTENSIONS).empty());
  BOOST_TEST(text(plain, CL_DEVICE_VERSION).compare(0, 11, "OpenCL 1.2 ") == 0);
  BOOST_TEST(build(plain, kPlainKernel, "-cl-std=CL2.0") == CL_INVALID_BUILD_OPTIONS);
  // CL_DEVICE_MAX_READ_WRITE_IMAGE_ARGS of OpenCL 2.0.
  cl_uint value = 0;
  BOOST_TEST(plain.device_info(device, 0x104C, sizeof value, &value, nullptr) == CL_INVALID_VALUE);
}

BOOST_FIXTURE_TEST_CASE(binaries, Bench) {
  cl_int code = CL_SUCCESS;
  cl_program program = kReal.create_program(context, device, kPlainKernel, &code);
  expect_ok(code);
  expect_ok(kReal.build(program, device, ""));
  const Driver none = pretending("no-binaries");
  size_t bytes = 1;
  expect_ok(none.binary_size(program, &bytes));
  BOOST_TEST(bytes == 0U);
  expect_ok(kReal.binary_size(program, &bytes));
  BOOST_REQUIRE(bytes > 0U);
  std::vector<unsigned char> binary(bytes);
  BOOST_TEST(none.binary(program, binary.data()) == CL_INVALID_VALUE);
  expect_ok(kReal.binary(program, binary.data()));
  BOOST_TEST(none.create_program(context, device, binary.data(), bytes, &code) == nullptr);
  BOOST_TEST(code == CL_INVALID_BINARY);
  BOOST_TEST(none.program_key() != kReal.program_key());
  clReleaseProgram(program);
}

BOOST_FIXTURE_TEST_CASE(times, Bench) {
  const Driver none = pretending("no-profiling");
  cl_int code = CL_SUCCESS;
  BOOST_TEST(none.create_queue(context, device, CL_QUEUE_PROFILING_ENABLE, &code) == nullptr);
  BOOST_TEST(code == CL_INVALID_QUEUE_PROPERTIES);
  BOOST_TEST((number<cl_command_queue_properties>(none, CL_DEVICE_QUEUE_PROPERTIES) & CL_QUEUE_PROFILING_ENABLE) == 0U);
  BOOST_TEST(number<cl_uint>(pretending("one-unit"), CL_DEVICE_MAX_COMPUTE_UNITS) == 1U);
}

BOOST_AUTO_TEST_CASE(words) {
  BOOST_TEST(!Pretence::from("").any());
  const Pretence both = Pretence::from("no-fp64+small-groups");
  BOOST_TEST((!both.fp64 && both.group == 64U && both.binaries));
  BOOST_TEST(Pretence::from("single-items+small-groups").group == 1U);
  BOOST_CHECK_EXCEPTION(Pretence::from("small-groups+tiny"), sateen::sdk::Failure, [](const auto& failure) {
    return std::string(failure.what()).find("\"tiny\"; there are: small-groups, ") != std::string::npos;
  });
}

int main(int argc, char** argv) {
  const char* icd = std::getenv("OCL_ICD_VENDORS");
  if (icd != nullptr && !std::filesystem::exists(icd)) {
    std::cout << "skipped: there is no " << icd << '\n';
    return 77;
  }
  return boost::unit_test::unit_test_main([] { return true; }, argc, argv);
}
