// CLBlast's single-precision GEMM.
#pragma once

#include <cstddef>
#include <cstdint>

#include "cl.hpp"

namespace sateen::opencl {

/// Row-major c [m][n] = a · b, where a is [m][k], or [k][m] to be transposed, and b [k][n], or [n][k].
struct GemmShape {
  uint64_t m = 0, n = 0, k = 0;
  bool transpose_a = false, transpose_b = false;
};

/// A matrix: a buffer and the place of its first element in it.
struct Matrix {
  cl_mem memory = nullptr;
  uint64_t at = 0;
};

/// How much memory clblast_multiply needs beside its matrices, wherever these lie; in bytes, may be 0.
/// Throws Failure(DEVICE_ERROR).
uint64_t clblast_temporary_bytes(const GemmShape& shape, cl_command_queue queue);

/// Enqueues the product; what c held does not matter. temporary: that many bytes, NULL for 0. done: an event of its own.
/// Returns CL_SUCCESS, OpenCL's error, or one of CLBlast's. CLBlast compiles its kernels at the first call in a context,
/// and keeps them for the life of the process; where that or something unforeseen fails it prints to stderr, which
/// nobody can keep it from.
cl_int clblast_multiply(const GemmShape& shape, Matrix a, Matrix b, Matrix c, cl_mem temporary, cl_command_queue queue,
                        ClEvent& done);

}  // namespace sateen::opencl
