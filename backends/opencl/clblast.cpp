// Calling CLBlast through its C interface, which lets no exception out.
#include "clblast.hpp"

#include <clblast_c.h>

#include "sateen/sdk/failure.hpp"

namespace sateen::opencl {

namespace {

struct Call {
  CLBlastTranspose transpose_a, transpose_b;
  size_t a_pitch, b_pitch;

  explicit Call(const GemmShape& s)
      : transpose_a(s.transpose_a ? CLBlastTransposeYes : CLBlastTransposeNo),
        transpose_b(s.transpose_b ? CLBlastTransposeYes : CLBlastTransposeNo),
        a_pitch(s.transpose_a ? s.m : s.k),
        b_pitch(s.transpose_b ? s.k : s.n) {}
};

}  // namespace

uint64_t clblast_temporary_bytes(const GemmShape& s, cl_command_queue queue) {
  const Call call(s);
  size_t bytes = 0;
  // A matrix that does not begin at its buffer's start is copied: with 1 for every offset the answer is the largest.
  const CLBlastStatusCode code =
      CLBlastSGemmTempBufferSize(CLBlastLayoutRowMajor, call.transpose_a, call.transpose_b, s.m, s.n, s.k, 1,
                                 call.a_pitch, 1, call.b_pitch, 1, s.n, &queue, &bytes);
  check(code, "CLBlast's size of temporary memory");
  return bytes;
}

cl_int clblast_multiply(const GemmShape& s, Matrix a, Matrix b, Matrix c, cl_mem temporary, cl_command_queue queue,
                        ClEvent& done) {
  const Call call(s);
  return CLBlastSgemmWithTempBuffer(CLBlastLayoutRowMajor, call.transpose_a, call.transpose_b, s.m, s.n, s.k, 1.0F,
                                    a.memory, a.at, call.a_pitch, b.memory, b.at, call.b_pitch, 0.0F, c.memory, c.at,
                                    s.n, &queue, done.out(), temporary);
}

}  // namespace sateen::opencl
