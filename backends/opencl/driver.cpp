// The OpenCL driver, or what is left of it where a lesser device is pretended.
#include "driver.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

namespace sateen::opencl {

namespace {

/// As OpenCL's functions give a property.
cl_int give(const void* from, size_t n, size_t bytes, void* value, size_t* size) {
  if (size != nullptr) *size = n;
  if (value == nullptr) return CL_SUCCESS;
  if (bytes < n) return CL_INVALID_VALUE;
  std::memcpy(value, from, n);
  return CL_SUCCESS;
}

cl_int give(const std::string& text, size_t bytes, void* value, size_t* size) {
  return give(text.c_str(), text.size() + 1, bytes, value, size);
}

/// The lower of the driver's own number and the limit.
template <typename T>
cl_int give_limited(cl_device_id device, cl_device_info what, uint64_t limit, size_t bytes, void* value, size_t* size) {
  T number{};
  const cl_int code = clGetDeviceInfo(device, what, sizeof number, &number, nullptr);
  if (code != CL_SUCCESS) return code;
  number = static_cast<T>(std::min<uint64_t>(number, limit));
  return give(&number, sizeof number, bytes, value, size);
}

std::string real_text(cl_device_id device, cl_device_info what) {
  size_t n = 0;
  if (clGetDeviceInfo(device, what, 0, nullptr, &n) != CL_SUCCESS) return {};
  std::string text(n, '\0');
  if (clGetDeviceInfo(device, what, n, text.data(), nullptr) != CL_SUCCESS) return {};
  return text.substr(0, text.find('\0'));
}

template <typename T>
T real_number(cl_device_id device, cl_device_info what) {
  T number{};
  return clGetDeviceInfo(device, what, sizeof number, &number, nullptr) == CL_SUCCESS ? number : T{};
}

cl_device_id device_of(cl_command_queue queue) {
  cl_device_id device = nullptr;
  static_cast<void>(clGetCommandQueueInfo(queue, CL_QUEUE_DEVICE, sizeof(cl_device_id), &device, nullptr));
  return device;
}

template <typename Object>
Object refuse(cl_int code, cl_int* to) {
  if (to != nullptr) *to = code;
  return nullptr;
}

bool is_sub_group(std::string_view name) {
  return name.find("subgroup") != std::string_view::npos || name.find("sub_group") != std::string_view::npos;
}

constexpr std::array<const char*, 6> kDoubles = {"double", "double2", "double3", "double4", "double8", "double16"};
constexpr std::array<const char*, 20> kSubGroups = {"get_sub_group_size",
                                                    "get_max_sub_group_size",
                                                    "get_num_sub_groups",
                                                    "get_sub_group_id",
                                                    "get_sub_group_local_id",
                                                    "sub_group_barrier",
                                                    "sub_group_all",
                                                    "sub_group_any",
                                                    "sub_group_broadcast",
                                                    "sub_group_reduce_add",
                                                    "sub_group_reduce_max",
                                                    "sub_group_reduce_min",
                                                    "sub_group_shuffle",
                                                    "sub_group_shuffle_xor",
                                                    "sub_group_shuffle_up",
                                                    "sub_group_shuffle_down",
                                                    "intel_sub_group_shuffle",
                                                    "intel_sub_group_shuffle_xor",
                                                    "intel_sub_group_block_read",
                                                    "intel_sub_group_block_write"};
// The least that OpenCL lets a full device have.
constexpr const char* kVersion = "OpenCL 1.2 pretended";
constexpr const char* kVersionOfC = "OpenCL C 1.2 pretended";

}  // namespace

cl_int Driver::platform_info(cl_platform_id platform, cl_platform_info what, size_t bytes, void* value,
                             size_t* size) const {
  if (!pretence_.extensions && what == CL_PLATFORM_VERSION) return give(kVersion, bytes, value, size);
  if (!pretence_.extensions && what == CL_PLATFORM_EXTENSIONS) return give("", bytes, value, size);
  return clGetPlatformInfo(platform, what, bytes, value, size);
}

size_t Driver::group_limit(cl_device_id device) const {
  return std::min(pretence_.group, real_number<size_t>(device, CL_DEVICE_MAX_WORK_GROUP_SIZE));
}

std::string Driver::extensions(cl_device_id device) const {
  if (!pretence_.extensions) return {};
  std::string kept;
  std::istringstream names(real_text(device, CL_DEVICE_EXTENSIONS));
  for (std::string name; names >> name;) {
    if (!pretence_.fp64 && name == "cl_khr_fp64") continue;
    if (!pretence_.sub_groups && is_sub_group(name)) continue;
    kept += (kept.empty() ? "" : " ") + name;
  }
  return kept;
}

cl_int Driver::device_info(cl_device_id device, cl_device_info what, size_t bytes, void* value, size_t* size) const {
  const Pretence& p = pretence_;
  if (!p.any()) return clGetDeviceInfo(device, what, bytes, value, size);
  switch (what) {
    case CL_DEVICE_MAX_WORK_GROUP_SIZE:
      return give_limited<size_t>(device, what, p.group, bytes, value, size);
    case CL_DEVICE_MAX_WORK_ITEM_SIZES: {
      std::vector<size_t> most(real_number<cl_uint>(device, CL_DEVICE_MAX_WORK_ITEM_DIMENSIONS));
      const cl_int code = clGetDeviceInfo(device, what, most.size() * sizeof(size_t), most.data(), nullptr);
      if (code != CL_SUCCESS) return code;
      for (size_t& n : most) n = std::min(n, p.group);
      return give(most.data(), most.size() * sizeof(size_t), bytes, value, size);
    }
    case CL_DEVICE_MAX_MEM_ALLOC_SIZE:
      return give_limited<cl_ulong>(device, what, p.allocation_bytes, bytes, value, size);
    case CL_DEVICE_LOCAL_MEM_SIZE:
      return give_limited<cl_ulong>(device, what, p.local_bytes, bytes, value, size);
    case CL_DEVICE_MAX_CONSTANT_BUFFER_SIZE:
      return give_limited<cl_ulong>(device, what, p.constant_bytes, bytes, value, size);
    case CL_DEVICE_MAX_COMPUTE_UNITS:
      return give_limited<cl_uint>(device, what, p.compute_units, bytes, value, size);
    case CL_DEVICE_MEM_BASE_ADDR_ALIGN: {
      const cl_uint bits = std::max(real_number<cl_uint>(device, what), static_cast<cl_uint>(p.alignment * 8));
      return give(&bits, sizeof bits, bytes, value, size);
    }
    case CL_DEVICE_DOUBLE_FP_CONFIG:
      return give_limited<cl_device_fp_config>(device, what, p.fp64 ? p.kNoLimit : 0, bytes, value, size);
    case CL_DEVICE_NATIVE_VECTOR_WIDTH_DOUBLE:
    case CL_DEVICE_PREFERRED_VECTOR_WIDTH_DOUBLE:
      return give_limited<cl_uint>(device, what, p.fp64 ? p.kNoLimit : 0, bytes, value, size);
    case CL_DEVICE_QUEUE_PROPERTIES: {
      auto properties = real_number<cl_command_queue_properties>(device, what);
      if (!p.profiling) properties &= ~cl_command_queue_properties{CL_QUEUE_PROFILING_ENABLE};
      return give(&properties, sizeof properties, bytes, value, size);
    }
    case CL_DEVICE_EXTENSIONS:
      return give(extensions(device), bytes, value, size);
    case CL_DEVICE_VERSION:
      if (!p.extensions) return give(kVersion, bytes, value, size);
      break;
    case CL_DEVICE_OPENCL_C_VERSION:
      if (!p.extensions) return give(kVersionOfC, bytes, value, size);
      break;
    default:
      // Beyond OpenCL 1.2 a plain driver knows no property.
      if (!p.extensions && what > CL_DEVICE_PRINTF_BUFFER_SIZE) return CL_INVALID_VALUE;
  }
  return clGetDeviceInfo(device, what, bytes, value, size);
}

cl_int Driver::kernel_work_group_info(cl_kernel kernel, cl_device_id device, cl_kernel_work_group_info what,
                                      size_t bytes, void* value) const {
  const cl_int code = clGetKernelWorkGroupInfo(kernel, device, what, bytes, value, nullptr);
  if (code == CL_SUCCESS && bytes == sizeof(size_t) &&
      (what == CL_KERNEL_WORK_GROUP_SIZE || what == CL_KERNEL_PREFERRED_WORK_GROUP_SIZE_MULTIPLE)) {
    size_t& n = *static_cast<size_t*>(value);
    n = std::min(n, pretence_.group);
  }
  return code;
}

cl_int Driver::binary_size(cl_program program, size_t* bytes) const {
  *bytes = 0;
  if (!pretence_.binaries) return CL_SUCCESS;
  return clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof *bytes, bytes, nullptr);
}

cl_int Driver::binary(cl_program program, unsigned char* bytes) const {
  if (!pretence_.binaries) return CL_INVALID_VALUE;
  return clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof(unsigned char*), &bytes, nullptr);
}

cl_int Driver::event_profiling_info(cl_event event, cl_profiling_info what, cl_ulong* nanoseconds) const {
  if (!pretence_.profiling) return CL_PROFILING_INFO_NOT_AVAILABLE;
  return clGetEventProfilingInfo(event, what, sizeof *nanoseconds, nanoseconds, nullptr);
}

cl_command_queue Driver::create_queue(cl_context context, cl_device_id device, cl_command_queue_properties properties,
                                      cl_int* code) const {
  if (!pretence_.profiling && (properties & CL_QUEUE_PROFILING_ENABLE) != 0) {
    return refuse<cl_command_queue>(CL_INVALID_QUEUE_PROPERTIES, code);
  }
  return clCreateCommandQueue(context, device, properties, code);
}

cl_mem Driver::create_buffer(cl_context context, size_t bytes, cl_int* code) const {
  if (bytes > pretence_.allocation_bytes) return refuse<cl_mem>(CL_INVALID_BUFFER_SIZE, code);
  return clCreateBuffer(context, CL_MEM_READ_WRITE, bytes, nullptr, code);
}

cl_mem Driver::create_sub_buffer(cl_mem buffer, const cl_buffer_region& region, cl_int* code) const {
  if (region.origin % pretence_.alignment != 0) return refuse<cl_mem>(CL_MISALIGNED_SUB_BUFFER_OFFSET, code);
  return clCreateSubBuffer(buffer, CL_MEM_READ_WRITE, CL_BUFFER_CREATE_TYPE_REGION, &region, code);
}

/// What the pretended compiler does not know becomes words that no compiler knows.
std::string Driver::preamble(cl_device_id device) const {
  std::string text;
  const auto unknown = [&](const auto& names, const char* word) {
    for (const char* name : names) text += std::string("#define ") + name + " " + word + "\n";
  };
  if (!pretence_.extensions) {
    std::istringstream names(real_text(device, CL_DEVICE_EXTENSIONS));
    for (std::string name; names >> name;) text += "#undef " + name + "\n";
    text += "#pragma OPENCL EXTENSION all : disable\n";
  }
  if (!pretence_.fp64) {
    text += "#undef cl_khr_fp64\n#undef __opencl_c_fp64\n";
    unknown(kDoubles, "this_device_has_no_double");
  }
  if (!pretence_.sub_groups) {
    text += "#undef cl_khr_subgroups\n#undef cl_intel_subgroups\n#undef __opencl_c_subgroups\n";
    unknown(kSubGroups, "this_device_has_no_sub_groups");
  }
  // How much a program would take is not to be had, so that it may take none.
  if (pretence_.constant_bytes != Pretence::kNoLimit) {
    unknown(std::array<const char*, 2>{"constant", "__constant"}, "this_device_has_no_constant_memory_to_spare");
  }
  return text;
}

std::string Driver::program_key() const {
  std::string key;
  if (!pretence_.extensions) key += " plain";
  if (!pretence_.fp64) key += " no-fp64";
  if (!pretence_.sub_groups) key += " no-sub-groups";
  if (!pretence_.binaries) key += " no-binaries";
  if (pretence_.constant_bytes != Pretence::kNoLimit) key += " no-constant";
  return key;
}

cl_program Driver::create_program(cl_context context, cl_device_id device, const std::string& source,
                                  cl_int* code) const {
  const std::string whole = preamble(device) + source;
  const char* text = whole.data();
  const size_t bytes = whole.size();
  return clCreateProgramWithSource(context, 1, &text, &bytes, code);
}

cl_program Driver::create_program(cl_context context, cl_device_id device, const unsigned char* binary, size_t bytes,
                                  cl_int* code) const {
  if (!pretence_.binaries) return refuse<cl_program>(CL_INVALID_BINARY, code);
  cl_int loaded = CL_SUCCESS;
  cl_int created = CL_SUCCESS;
  cl_program program = clCreateProgramWithBinary(context, 1, &device, &bytes, &binary, &loaded, &created);
  if (created == CL_SUCCESS && loaded != CL_SUCCESS) {
    clReleaseProgram(program);
    return refuse<cl_program>(loaded, code);
  }
  if (code != nullptr) *code = created;
  return program;
}

cl_int Driver::build(cl_program program, cl_device_id device, const std::string& options) const {
  if (!pretence_.extensions) {
    const size_t standard = options.find("-cl-std=");
    if (standard != std::string::npos && options.compare(standard, 13, "-cl-std=CL1.2") != 0) {
      return CL_INVALID_BUILD_OPTIONS;
    }
  }
  return clBuildProgram(program, 1, &device, options.c_str(), nullptr, nullptr);
}

cl_int Driver::enqueue_kernel(cl_command_queue queue, cl_kernel kernel, cl_uint dimensions, const size_t* global,
                              const size_t* local, cl_event* done) const {
  cl_device_id device = pretence_.any() ? device_of(queue) : nullptr;
  if (device != nullptr) {
    // The driver would choose a size for the device that it knows.
    if (local == nullptr) return CL_INVALID_WORK_GROUP_SIZE;
    size_t items = 1;
    for (cl_uint d = 0; d < dimensions; ++d) {
      if (local[d] > pretence_.group) return CL_INVALID_WORK_ITEM_SIZE;
      items *= local[d];
    }
    if (items > group_limit(device)) return CL_INVALID_WORK_GROUP_SIZE;
    cl_ulong used = 0;
    const cl_int code = clGetKernelWorkGroupInfo(kernel, device, CL_KERNEL_LOCAL_MEM_SIZE, sizeof used, &used, nullptr);
    if (code != CL_SUCCESS) return code;
    if (used > pretence_.local_bytes) return CL_OUT_OF_RESOURCES;
  }
  return clEnqueueNDRangeKernel(queue, kernel, dimensions, nullptr, global, local, 0, nullptr, done);
}

const Driver& driver() {
  static const Driver kDriver(Pretence::of_environment());
  return kDriver;
}

}  // namespace sateen::opencl
