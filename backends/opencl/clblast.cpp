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
  const CLBlastStatusCode code =
      CLBlastSGemmTempBufferSize(CLBlastLayoutRowMajor, call.transpose_a, call.transpose_b, s.m, s.n, s.k, 0,
                                 call.a_pitch, 0, call.b_pitch, 0, s.n, &queue, &bytes);
  check(code, "CLBlast's size of temporary memory");
  return bytes;
}

cl_int clblast_multiply(const GemmShape& s, cl_mem a, cl_mem b, cl_mem c, cl_mem temporary, cl_command_queue queue,
                        ClEvent& done) {
  const Call call(s);
  return CLBlastSgemmWithTempBuffer(CLBlastLayoutRowMajor, call.transpose_a, call.transpose_b, s.m, s.n, s.k, 1.0F, a,
                                    0, call.a_pitch, b, 0, call.b_pitch, 0.0F, c, 0, s.n, &queue, done.out(),
                                    temporary);
}

void clblast_forget() {
  CLBlastClearCache();
}

}  // namespace sateen::opencl
