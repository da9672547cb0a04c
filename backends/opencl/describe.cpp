// A device and its driver in words.
#include "describe.hpp"

#include <sstream>
#include <vector>

namespace sateen::opencl {

namespace {

class Lines {
 public:
  explicit Lines(cl_device_id device) : device_(device) {}

  void text(const char* key, const std::string& value) { all_ += sdk::text(key, ": ", value, "\n"); }
  void device_text(const char* key, cl_device_info what) { text(key, opencl::device_text(device_, what)); }
  template <typename T>
  void number(const char* key, cl_device_info what, const char* unit = "") {
    text(key, sdk::text(device_number<T>(device_, what), unit));
  }
  void kibibytes(const char* key, cl_device_info what) {
    text(key, sdk::text(device_number<cl_ulong>(device_, what) >> 10, " KiB"));
  }
  void flag(const char* key, cl_device_info what) {
    text(key, device_number<cl_bool>(device_, what) != CL_FALSE ? "yes" : "no");
  }
  const std::string& all() const { return all_; }

 private:
  cl_device_id device_;
  std::string all_;
};

std::string group_sizes(cl_device_id device) {
  std::vector<size_t> most(device_number<cl_uint>(device, CL_DEVICE_MAX_WORK_ITEM_DIMENSIONS));
  if (driver().device_info(device, CL_DEVICE_MAX_WORK_ITEM_SIZES, most.size() * sizeof(size_t), most.data(), nullptr) !=
      CL_SUCCESS) {
    return {};
  }
  std::string r;
  for (const size_t n : most) r += (r.empty() ? "" : ", ") + std::to_string(n);
  return r;
}

}  // namespace

std::string lines_of(const std::string& key, const std::string& text) {
  std::string r;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    if (line.find_first_not_of(" \t\r") != std::string::npos) r += sdk::text(key, ": ", line, "\n");
  }
  return r;
}

std::string describe_device(const FoundDevice& found) {
  cl_device_id device = found.device;
  Lines lines(device);
  lines.text("platform", platform_text(found.platform, CL_PLATFORM_NAME));
  lines.text("platform_vendor", platform_text(found.platform, CL_PLATFORM_VENDOR));
  lines.text("platform_version", platform_text(found.platform, CL_PLATFORM_VERSION));
  lines.device_text("device_version", CL_DEVICE_VERSION);
  lines.device_text("opencl_c_version", CL_DEVICE_OPENCL_C_VERSION);
  lines.device_text("driver_version", CL_DRIVER_VERSION);
  if (driver().pretence().any()) lines.text("pretends", driver().pretence().words);
  lines.number<cl_uint>("vendor_id", CL_DEVICE_VENDOR_ID);
  lines.number<cl_uint>("compute_units", CL_DEVICE_MAX_COMPUTE_UNITS);
  lines.number<cl_uint>("clock", CL_DEVICE_MAX_CLOCK_FREQUENCY, " MHz");
  lines.number<size_t>("largest_group", CL_DEVICE_MAX_WORK_GROUP_SIZE);
  lines.text("largest_group_sides", group_sizes(device));
  lines.kibibytes("local_memory", CL_DEVICE_LOCAL_MEM_SIZE);
  lines.text("local_memory_is", device_number<cl_device_local_mem_type>(device, CL_DEVICE_LOCAL_MEM_TYPE) == CL_LOCAL
                                    ? "its own"
                                    : "a part of global memory");
  lines.kibibytes("constant_memory", CL_DEVICE_MAX_CONSTANT_BUFFER_SIZE);
  lines.number<cl_uint>("base_alignment", CL_DEVICE_MEM_BASE_ADDR_ALIGN, " bits");
  lines.number<cl_uint>("address", CL_DEVICE_ADDRESS_BITS, " bits");
  lines.number<size_t>("largest_argument_list", CL_DEVICE_MAX_PARAMETER_SIZE, " bytes");
  lines.number<cl_uint>("float_vector", CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, " floats");
  lines.number<cl_device_fp_config>("float_config", CL_DEVICE_SINGLE_FP_CONFIG);
  lines.number<cl_device_fp_config>("double_config", CL_DEVICE_DOUBLE_FP_CONFIG);
  lines.number<cl_command_queue_properties>("queue_properties", CL_DEVICE_QUEUE_PROPERTIES);
  lines.flag("shares_host_memory", CL_DEVICE_HOST_UNIFIED_MEMORY);
  lines.flag("little_endian", CL_DEVICE_ENDIAN_LITTLE);
  lines.flag("corrects_memory_errors", CL_DEVICE_ERROR_CORRECTION_SUPPORT);
  lines.flag("available", CL_DEVICE_AVAILABLE);
  lines.flag("has_compiler", CL_DEVICE_COMPILER_AVAILABLE);
  lines.device_text("extensions", CL_DEVICE_EXTENSIONS);
  return lines.all();
}

}  // namespace sateen::opencl
