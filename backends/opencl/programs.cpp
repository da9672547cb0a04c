// Building kernel files, and keeping what was built.
#include "programs.hpp"

#include <array>
#include <utility>

#include "describe.hpp"
#include "kernel_source.hpp"

namespace sateen::opencl {

namespace {

// Processes that build the same program at the same time get in each other's way in PoCL's own cache of 3.1, where each
// removes what another wrote: one whose removal comes too late has failed to build. The next time it finds the other's.
constexpr int kBuilds = 3;

std::string build_log(cl_program program, cl_device_id device) {
  size_t bytes = 0;
  if (clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, 0, nullptr, &bytes) != CL_SUCCESS) return {};
  std::string log(bytes, '\0');
  if (clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, bytes, log.data(), nullptr) != CL_SUCCESS) return {};
  return log.substr(0, log.find('\0'));
}

/// Platform, device, driver and options: where one of them differs, another program is built.
std::string common_key(cl_platform_id platform, cl_device_id device, const std::string& options) {
  std::string key = sdk::text("sateen ", SATEEN_VERSION, driver().program_key(), "\n", options, "\n");
  constexpr std::array<cl_platform_info, 3> kOfPlatform = {CL_PLATFORM_NAME, CL_PLATFORM_VENDOR, CL_PLATFORM_VERSION};
  constexpr std::array<cl_device_info, 4> kOfDevice = {CL_DEVICE_NAME, CL_DEVICE_VENDOR, CL_DEVICE_VERSION,
                                                       CL_DRIVER_VERSION};
  for (const cl_platform_info what : kOfPlatform) key += platform_text(platform, what) + "\n";
  for (const cl_device_info what : kOfDevice) key += device_text(device, what) + "\n";
  key += sdk::text(device_number<cl_uint>(device, CL_DEVICE_VENDOR_ID), " ",
                   device_number<cl_uint>(device, CL_DEVICE_ADDRESS_BITS), "\n");
  return key;
}

/// Empty where the driver gives none.
std::vector<unsigned char> binary_of(cl_program program) {
  size_t bytes = 0;
  if (driver().binary_size(program, &bytes) != CL_SUCCESS) return {};
  std::vector<unsigned char> binary(bytes);
  if (bytes == 0 || driver().binary(program, binary.data()) != CL_SUCCESS) return {};
  return binary;
}

}  // namespace

Programs::Programs(cl_context context, const FoundDevice& found, std::string options, ProgramCache cache)
    : context_(context),
      device_(found.device),
      options_(std::move(options)),
      cache_(std::move(cache)),
      key_(common_key(found.platform, device_, options_)) {}

Built Programs::load(const std::string& key, const std::string& options) {
  const std::vector<unsigned char> binary = cache_.load(key);
  if (binary.empty()) return {};
  cl_int code = CL_SUCCESS;
  Built program(driver().create_program(context_, device_, binary.data(), binary.size(), &code));
  if (code == CL_SUCCESS) {
    code = driver().build(program.get(), device_, options);
    if (code == CL_SUCCESS) {
      ++loaded_;
      return program;
    }
  }
  cache_.refused(key);
  return {};
}

Built Programs::compile(const Build& build, const std::string& source) {
  const std::string& file = build.first;
  Built program;
  cl_int code = CL_BUILD_PROGRAM_FAILURE;
  for (int i = 0; i < kBuilds && code == CL_BUILD_PROGRAM_FAILURE; ++i) {
    program = Built(driver().create_program(context_, device_, source, &code));
    check(code, "clCreateProgramWithSource of " + file);
    code = driver().build(program.get(), device_, options_of(build));
  }
  if (code != CL_SUCCESS) {
    throw sdk::Failure(status_of(code), sdk::text("building ", file, " failed with ", error_name(code), ": ",
                                                  build_log(program.get(), device_)));
  }
  ++compiled_;
  logs_ += lines_of("build_log", build_log(program.get(), device_));
  return program;
}

Programs::Entry Programs::make(const Build& build) {
  const std::string source = kernel_source(build.first);
  Entry entry;
  entry.key = key_ + (build.second.empty() ? source : build.second + "\n" + source);
  entry.program = load(entry.key, options_of(build));
  entry.in_cache = static_cast<bool>(entry.program);
  if (!entry.program) entry.program = compile(build, source);
  return entry;
}

Kernel Programs::kernel(const std::string& file, const std::string& name, const std::string& defines) {
  const Build build(file, defines);
  auto at = built_.find(build);
  if (at == built_.end()) at = built_.emplace(build, make(build)).first;
  Entry& entry = at->second;
  cl_int code = CL_SUCCESS;
  Kernel kernel(clCreateKernel(entry.program.get(), name.c_str(), &code));
  if (code != CL_SUCCESS && entry.in_cache) {
    cache_.refused(entry.key);
    entry.program = compile(build, kernel_source(file));
    entry.in_cache = false;
    kernel = Kernel(clCreateKernel(entry.program.get(), name.c_str(), &code));
  }
  check(code, "clCreateKernel of " + name);
  return kernel;
}

std::string Programs::describe() const {
  return sdk::text("programs_built: ", compiled_, "\nprograms_loaded: ", loaded_, "\n", logs_);
}

void Programs::store() {
  if (!cache_.keeps()) return;  // PoCL compiles every kernel once more to give a binary
  for (auto& [build, entry] : built_) {
    if (entry.in_cache) continue;
    cache_.store(entry.key, binary_of(entry.program.get()));
    entry.in_cache = true;
  }
}

}  // namespace sateen::opencl
