// What this machine's CPU is called and can do.
#pragma once

#include <string>

#include "kernels/kernel_table.h"
#include "sateen/backend.h"

namespace sateen::cpu {

/// The one device, for the life of the process.
const sateen_device_info& cpu_info();

/// The kernels for "auto", "avx512", "avx2" or "baseline". Throws Failure(INVALID) for another word and for an
/// instruction set that this CPU lacks.
const KernelTable& find_kernels(const std::string& isa);

}  // namespace sateen::cpu
