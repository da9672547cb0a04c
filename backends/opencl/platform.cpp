// Looking for OpenCL devices.
#include "platform.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include "diagnosis.hpp"

namespace sateen::opencl {

namespace {

constexpr const char* kNothingFound =
    "there is none that its drivers know; or a driver can't write where it keeps what it compiles, as PoCL in ~/.cache "
    "(POCL_CACHE_DIR names another folder)";

std::string drivers(const std::vector<cl_platform_id>& platforms) {
  std::string r;
  for (cl_platform_id platform : platforms) {
    r += (r.empty() ? "" : ", ") + platform_text(platform, CL_PLATFORM_NAME);
  }
  return r;
}

std::vector<cl_platform_id> all_platforms() {
  cl_uint n = 0;
  const cl_int code = clGetPlatformIDs(0, nullptr, &n);
  if (code == CL_PLATFORM_NOT_FOUND_KHR || (code == CL_SUCCESS && n == 0)) {
    throw sdk::Failure(SATEEN_DEVICE_ERROR, no_driver(System::here()));
  }
  check(code, "clGetPlatformIDs");
  std::vector<cl_platform_id> platforms(n);
  check(clGetPlatformIDs(n, platforms.data(), nullptr), "clGetPlatformIDs");
  return platforms;
}

/// A platform that fails has no devices: a broken driver must not hide the others.
std::vector<cl_device_id> devices_of(cl_platform_id platform) {
  cl_uint n = 0;
  if (clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, nullptr, &n) != CL_SUCCESS || n == 0) return {};
  std::vector<cl_device_id> devices(n);
  if (clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, n, devices.data(), nullptr) != CL_SUCCESS) return {};
  return devices;
}

/// A device as it is listed, and what is behind its numbers in the id.
struct Listed {
  cl_device_id device;
  std::string suffix;
};

/// SATEEN_OPENCL_PARTS: into so many devices each CPU is divided, 1 where it isn't set. Throws where it is no such number.
cl_uint parts_wanted() {
  constexpr cl_uint kMost = 256;
  const char* variable = std::getenv("SATEEN_OPENCL_PARTS");
  if (variable == nullptr || *variable == '\0') return 1;
  const std::string_view text(variable);
  cl_uint parts = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parts);
  if (error != std::errc() || end != text.data() + text.size() || parts < 1 || parts > kMost) {
    throw sdk::Failure(SATEEN_INVALID,
                       sdk::text("SATEEN_OPENCL_PARTS: \"", text, "\" is not a number from 1 to ", kMost));
  }
  return parts;
}

/// The device, or equal parts of it where it is a CPU whose driver can divide it ("device fission"). Parts are kept for
/// the life of the process, as devices are.
std::vector<Listed> divided(cl_device_id device, cl_uint parts) {
  const auto units = device_number<cl_uint>(device, CL_DEVICE_MAX_COMPUTE_UNITS);
  const bool is_cpu = (device_number<cl_device_type>(device, CL_DEVICE_TYPE) & CL_DEVICE_TYPE_CPU) != 0;
  if (parts == 1 || !is_cpu || units < parts ||
      device_number<cl_uint>(device, CL_DEVICE_PARTITION_MAX_SUB_DEVICES) < parts) {
    return {{device, ""}};
  }
  const cl_device_partition_property equally[] = {CL_DEVICE_PARTITION_EQUALLY,
                                                  static_cast<cl_device_partition_property>(units / parts), 0};
  // A rest that is less than a part is left over by some drivers, and a part more by others.
  cl_uint made = 0;
  if (clCreateSubDevices(device, equally, 0, nullptr, &made) != CL_SUCCESS || made < parts) return {{device, ""}};
  std::vector<cl_device_id> ids(made);
  check(clCreateSubDevices(device, equally, made, ids.data(), nullptr), "clCreateSubDevices");
  std::vector<Listed> listed;
  for (cl_uint i = 0; i < parts; ++i) listed.push_back({ids[i], sdk::text(".", i)});
  return listed;
}

/// The devices and the list of them, in one piece that never moves.
struct Search {
  std::vector<std::unique_ptr<FoundDevice>> owned;
  std::vector<const FoundDevice*> list;
  std::vector<std::string> unusable;

  Search() {
    static_cast<void>(driver());  // throws where it is told to pretend what it can't
    const cl_uint parts = parts_wanted();
    const std::vector<cl_platform_id> platforms = all_platforms();
    for (size_t p = 0; p < platforms.size(); ++p) {
      const std::vector<cl_device_id> devices = devices_of(platforms[p]);
      for (size_t d = 0; d < devices.size(); ++d) {
        const std::string id = sdk::text("opencl:", p, ":", d);
        try {
          for (const Listed& listed : divided(devices[d], parts)) {
            owned.push_back(std::make_unique<FoundDevice>(platforms[p], listed.device, id + listed.suffix));
            list.push_back(owned.back().get());
          }
        } catch (const sdk::Failure& failure) {  // it must not hide the others
          unusable.push_back(sdk::text(id, " can't be used: ", failure.what()));
        }
      }
    }
    if (list.empty()) {
      const std::vector<std::string> found = unusable.empty() ? obstacles(System::here(), {}) : unusable;
      throw sdk::Failure(SATEEN_DEVICE_ERROR,
                         sdk::text("OpenCL is installed (", drivers(platforms),
                                   ") but shows no device: ", found.empty() ? kNothingFound : joined(found, "; ")));
    }
  }
};

/// So that nobody takes a pretended device for the real one.
std::string pretended() {
  return driver().pretence().any() ? " pretending " + driver().pretence().words : "";
}

uint32_t type_of(cl_device_type type) {
  if ((type & CL_DEVICE_TYPE_CPU) != 0) return SATEEN_DEVICE_CPU;
  if ((type & CL_DEVICE_TYPE_GPU) != 0) return SATEEN_DEVICE_GPU;
  return (type & CL_DEVICE_TYPE_ACCELERATOR) != 0 ? SATEEN_DEVICE_ACCELERATOR : SATEEN_DEVICE_OTHER;
}

}  // namespace

FoundDevice::FoundDevice(cl_platform_id p, cl_device_id d, std::string id)
    : platform(p),
      device(d),
      is_cpu((needed_number<cl_device_type>(d, CL_DEVICE_TYPE) & CL_DEVICE_TYPE_CPU) != 0),
      id_(std::move(id)),
      name_(needed_text(device_text(d, CL_DEVICE_NAME), "device's name") + pretended()),
      vendor_(device_text(d, CL_DEVICE_VENDOR)),
      driver_(sdk::text(needed_text(platform_text(p, CL_PLATFORM_NAME), "name"), " ",
                        needed_text(device_text(d, CL_DRIVER_VERSION), "version"))) {
  info.struct_size = sizeof info;
  info.type = type_of(needed_number<cl_device_type>(d, CL_DEVICE_TYPE));
  info.alignment = std::max(64U, device_number<cl_uint>(d, CL_DEVICE_MEM_BASE_ADDR_ALIGN) / 8);
  info.memory_bytes = std::max<uint64_t>(device_number<cl_ulong>(d, CL_DEVICE_GLOBAL_MEM_SIZE), 1);
  info.max_allocation_bytes = std::max<uint64_t>(device_number<cl_ulong>(d, CL_DEVICE_MAX_MEM_ALLOC_SIZE), 1);
  info.id = id_.c_str();
  info.name = name_.c_str();
  info.vendor = vendor_.c_str();
  info.driver = driver_.c_str();
}

namespace {

const Search& search() {
  static const Search kSearch;
  return kSearch;
}

}  // namespace

const std::vector<const FoundDevice*>& found_devices() {
  return search().list;
}

const std::string& remarks() {
  static const std::string kRemarks = [] {
    std::vector<uint32_t> makers;
    for (const FoundDevice* found : found_devices()) {
      if (found->info.type == SATEEN_DEVICE_GPU) {
        makers.push_back(device_number<cl_uint>(found->device, CL_DEVICE_VENDOR_ID));
      }
    }
    std::vector<std::string> all = search().unusable;
    for (std::string& obstacle : obstacles(System::here(), makers)) all.push_back(std::move(obstacle));
    return joined(all, "\n");
  }();
  return kRemarks;
}

}  // namespace sateen::opencl
