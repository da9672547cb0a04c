// Whether the GEMM library computes right on this device.
#pragma once

#include <cstdint>
#include <string>
#include <tuple>

#include "step.hpp"

namespace sateen::opencl {

/// A dense operation's sizes: src [n][inputs], weights [inputs][outputs].
struct DenseShape {
  uint32_t kind = 0;  ///< SATEEN_OP_DENSE_…
  int64_t n = 0, inputs = 0, outputs = 0;

  friend bool operator<(const DenseShape& a, const DenseShape& b) {
    return std::tie(a.kind, a.n, a.inputs, a.outputs) < std::tie(b.kind, b.n, b.inputs, b.outputs);
  }
};

/// Runs the operation by the library and by our own kernels, on numbers made for it. "" where the results agree as
/// closely as the conformance tests ask and nothing beside them was written; otherwise what was wrong, be it an error of
/// the library's. Throws Failure(NO_MEMORY), and LateFailure where the device has failed. Returns when the device has
/// done it.
std::string check_gemm_library(const DenseShape& shape, cl_context context, const Workshop& workshop);

}  // namespace sateen::opencl
