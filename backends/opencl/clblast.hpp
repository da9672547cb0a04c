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

/// How much memory clblast_multiply needs beside its matrices; in bytes, may be 0. Throws Failure(DEVICE_ERROR).
uint64_t clblast_temporary_bytes(const GemmShape& shape, cl_command_queue queue);

/// Enqueues the product of matrices that begin where their buffers begin, since CLBlast counts offsets in 32 bits; what c
/// held does not matter. temporary: that many bytes, NULL for 0. No two of the buffers overlap. done: an event of its own.
/// Returns CL_SUCCESS, OpenCL's error, or one of CLBlast's. CLBlast compiles its kernels at the first call in a context,
/// and keeps them until clblast_forget; where that or something unforeseen fails it prints to stderr, which
/// nobody can keep it from.
cl_int clblast_multiply(const GemmShape& shape, cl_mem a, cl_mem b, cl_mem c, cl_mem temporary, cl_command_queue queue,
                        ClEvent& done);

/// Lets go of every kernel that CLBlast keeps, and so of the contexts that they hold: of all devices, which build them again
/// where they go on. Left to the end of the process, that would call drivers whose own end has begun.
void clblast_forget();

}  // namespace sateen::opencl
