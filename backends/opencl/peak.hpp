// What a device can do at the most, by its own kernels.
#pragma once

#include "sateen/sdk/peak.hpp"
#include "step.hpp"

namespace sateen::opencl {

/// On an idle device. largest: of a buffer that it grants. Throws Failure where a kernel can't be built or run.
sdk::PeakRates measure_peak(cl_context context, const Workshop& workshop, uint64_t memory_bytes, uint64_t largest);

}  // namespace sateen::opencl
