// The plugin's one symbol, its list of devices and their options.
#include <charconv>
#include <cstdlib>
#include <string_view>

#include "describe.hpp"
#include "device.hpp"
#include "gemm_tiles.hpp"
#include "ops/winograd.hpp"

namespace sateen::opencl {

namespace {

/// float16 where registers hold as many, float8 elsewhere: two of SSE's or NEON's are still one stream of loads.
Tuning cpu_tuning(cl_device_id device) {
  return Tuning::cpu(needed_number<cl_uint>(device, CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT) >= 16 ? 16 : 8);
}

/// Mesa's llvmpipe is a processor that works as a GPU: it is several times as fast with many small work-items, and on that
/// of 22.3 the kernels for CPUs, whose work-items have much to do, leave wrong results (docs/platforms.md).
bool wants_gpu_kernels(const FoundDevice& found) {
  return !found.is_cpu || platform_text(found.platform, CL_PLATFORM_NAME) == "rusticl";
}

Tuning tuning_from(const std::string& kernels, const FoundDevice& found) {
  if (kernels == "auto") return wants_gpu_kernels(found) ? Tuning::gpu() : cpu_tuning(found.device);
  if (kernels == "cpu") return cpu_tuning(found.device);
  std::string names = "auto, cpu";
  for (const KernelChoice& choice : kKernelChoices) {
    if (kernels == choice.name) return choice.tuning;
    names += std::string(&choice == &kKernelChoices.back() ? " or " : ", ") + choice.name;
  }
  throw sdk::Failure(SATEEN_INVALID, sdk::text("option kernels=", kernels, ": it takes ", names));
}

std::string variable(const char* name, const std::string& otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

bool sync_from(const std::string& sync) {
  if (sync == "0" || sync == "1") return sync == "1";
  throw sdk::Failure(SATEEN_INVALID, sdk::text("option sync=", sync, " (or SATEEN_SYNC): it takes 0 or 1"));
}

/// "OpenCL 1.2 …" or later, as the specification words it; a driver with other words is taken at its calls.
void check_version(const FoundDevice& found) {
  const std::string version = device_text(found.device, CL_DEVICE_VERSION);
  if (version.compare(0, 10, "OpenCL 1.0") == 0 || version.compare(0, 10, "OpenCL 1.1") == 0) {
    throw sdk::Failure(SATEEN_UNSUPPORTED,
                       sdk::text(found.info.id, " (", found.info.name, ") has ", version, "; OpenCL 1.2 is needed"));
  }
}

/// The library asks the real driver, so that it has no part in a pretence.
GemmUse gemm_from(const std::string& gemm) {
  if (driver().pretence().any() && gemm == "auto") return GemmUse::kOwn;
  if (driver().pretence().any() && gemm == "clblast") {
    throw sdk::Failure(SATEEN_INVALID,
                       "option gemm=clblast (or SATEEN_GEMM): not with SATEEN_OPENCL_PRETEND, since "
                       "CLBlast asks the real driver; take own or auto");
  }
  if (gemm == "auto") return GemmUse::kAuto;
  if (gemm == "own") return GemmUse::kOwn;
  if (gemm == "clblast") return GemmUse::kLibrary;
  throw sdk::Failure(SATEEN_INVALID,
                     sdk::text("option gemm=", gemm, " (or SATEEN_GEMM): it takes auto, own or clblast"));
}

/// Empty, or a variant of some operation.
std::string variant_from(const std::string& variant) {
  if (variant.empty()) return variant;
  std::string names;
  std::vector<std::string> all = gemm_variant_names();
  all.insert(all.end(), {kWinograd, kDirect});
  for (const std::string& name : all) {
    if (variant == name) return variant;
    names += (names.empty() ? "" : ", ") + name;
  }
  throw sdk::Failure(SATEEN_INVALID, sdk::text("option variant=", variant, ": there are ", names));
}

/// "off", or seconds.
TuningOptions tuning_options(const std::string& tune) {
  if (tune == "off") return {false, 0, false};
  constexpr int kMost = 86'400;
  int seconds = -1;
  const char* end = tune.data() + tune.size();
  const auto [stop, error] = std::from_chars(tune.data(), end, seconds);
  if (error != std::errc() || stop != end || seconds < 0 || seconds > kMost) {
    throw sdk::Failure(SATEEN_INVALID, sdk::text("option tune=", tune,
                                                 " (or SATEEN_TUNE): it takes off, or seconds from 0 to ", kMost));
  }
  return {true, static_cast<double>(seconds), false};
}

sateen_status get_remarks(const char** text) noexcept {
  if (text == nullptr) return SATEEN_INVALID;
  try {
    *text = remarks().c_str();
    return SATEEN_OK;
  } catch (...) {  // without a device there are no remarks: device_count says what is missing
    return SATEEN_DEVICE_ERROR;
  }
}

}  // namespace

uint32_t Backend::device_count() {
  return static_cast<uint32_t>(found_devices().size());
}

const sateen_device_info& Backend::device_info(uint32_t index) {
  return found_devices()[index]->info;
}

const std::string& Backend::describe(uint32_t index) {
  static const std::vector<std::string> kAll = [] {
    std::vector<std::string> all;
    for (const FoundDevice* found : found_devices()) all.push_back(describe_device(*found));
    return all;
  }();
  return kAll[index];
}

std::unique_ptr<Device> Backend::open(uint32_t index, sdk::Options options, sdk::Host host) {
  const FoundDevice& found = *found_devices()[index];
  DeviceOptions chosen;
  chosen.tuning = tuning_from(options.take("kernels", "auto"), found);
  chosen.tuning.group =
      static_cast<size_t>(options.take_number("group", 1, 1024, static_cast<int64_t>(chosen.tuning.group)));
  chosen.profile = options.take_flag("profile");
  chosen.sync = sync_from(options.take("sync", variable("SATEEN_SYNC", "0")));
  chosen.gemm = gemm_from(options.take("gemm", variable("SATEEN_GEMM", "auto")));
  chosen.variant = variant_from(options.take("variant", ""));
  chosen.tune = tuning_options(options.take("tune", variable("SATEEN_TUNE", "0")));
  chosen.tune.again = options.take_flag("retune");
  options.finish();
  check_version(found);
  if (device_number<cl_bool>(found.device, CL_DEVICE_AVAILABLE) == CL_FALSE ||
      device_number<cl_bool>(found.device, CL_DEVICE_COMPILER_AVAILABLE) == CL_FALSE) {
    throw sdk::Failure(SATEEN_DEVICE_ERROR, sdk::text(found.info.id, " (", found.info.name,
                                                      ") is not available now, or its driver has no compiler"));
  }
  return std::make_unique<Device>(found, chosen, host);
}

const void* Backend::extension(const char* name) {
  static constexpr sateen_remarks kRemarks = {sizeof(sateen_remarks), 0, get_remarks};
  return std::string_view(name) == SATEEN_REMARKS_1 ? &kRemarks : nullptr;
}

}  // namespace sateen::opencl

extern "C" __attribute__((visibility("default"))) const sateen_backend* sateen_backend_entry(uint32_t host_major,
                                                                                             uint32_t host_minor);
extern "C" const sateen_backend* sateen_backend_entry(uint32_t host_major, uint32_t host_minor) {
  return sateen::sdk::Adaptor<sateen::opencl::Backend>::entry(host_major, host_minor);
}
