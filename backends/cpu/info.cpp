// What this machine's CPU is called and can do.
#include "info.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <new>

#include <unistd.h>

#include "memory.hpp"
#include "sateen/sdk/failure.hpp"

namespace sateen::cpu {

namespace {

/// The value of the first line "key : value" of /proc/cpuinfo, or `otherwise`.
std::string cpuinfo(const std::string& key, const std::string& otherwise) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(": ");
    if (colon != std::string::npos && line.compare(0, key.size(), key) == 0) return line.substr(colon + 2);
  }
  // A stream keeps to itself that memory ran out; the name would be another one, and checkpoints hold it.
  if (file.bad()) throw std::bad_alloc();
  return otherwise;
}

uint64_t memory_bytes() {
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page = sysconf(_SC_PAGESIZE);
  if (pages <= 0 || page <= 0) return uint64_t{1} << 30;
  return static_cast<uint64_t>(pages) * static_cast<uint64_t>(page);
}

struct Named {
  std::string name = cpuinfo("model name", "CPU");
  std::string vendor = cpuinfo("vendor_id", "");
  sateen_device_info info{};

  Named() {
    info.struct_size = sizeof(info);
    info.type = SATEEN_DEVICE_CPU;
    info.alignment = kAlignment;
    info.memory_bytes = memory_bytes();
    info.max_allocation_bytes = info.memory_bytes;
    info.id = "cpu";
    info.name = name.c_str();
    info.vendor = vendor.c_str();
    info.driver = "";
  }
};

struct Candidate {
  const KernelTable* table;
  bool usable;
};

#ifdef SATEEN_CPU_X86
std::array<Candidate, 3> candidates() {
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
  return {{{&kAvx512Kernels, avx512}, {&kAvx2Kernels, avx2}, {&kBaselineKernels, true}}};
}
#else
std::array<Candidate, 1> candidates() {
  return {{{&kBaselineKernels, true}}};
}
#endif

}  // namespace

const sateen_device_info& cpu_info() {
  static const Named kNamed;
  return kNamed.info;
}

const KernelTable& find_kernels(const std::string& isa) {
  for (const Candidate& candidate : candidates()) {
    if (isa == "auto" ? candidate.usable : isa == candidate.table->name) {
      if (candidate.usable) return *candidate.table;
      throw sdk::Failure(SATEEN_INVALID, sdk::text("option isa=", isa, ": this CPU lacks it"));
    }
  }
  throw sdk::Failure(SATEEN_INVALID,
                     sdk::text("option isa=", isa, ": it takes auto, baseline, or on x86-64 avx2 and avx512"));
}

}  // namespace sateen::cpu
