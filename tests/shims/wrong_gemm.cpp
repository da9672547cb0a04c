// A CLBlast whose GEMM answers wrong. SHIM_GEMM says how:
//   scaled  every result is 1.0001 times what it should be     last  the last row of the result is not computed
//   fails   the call returns an error                          beside the element after the result is written
//   slow    the call takes half a second and then fails       right  nothing is wrong
// SHIM_INDIRECT=1: CLBlast takes the way with temporary memory for every size.
// SHIM_LOG: a file that gets a line for each call.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#define CL_TARGET_OPENCL_VERSION 120
#include <clblast_c.h>

#include "interpose.hpp"

namespace {

using shim::next;
using shim::note;
using shim::variable;

/// Whether SHIM_INDIRECT is set; then CLBlast is told so, once.
bool take_indirect_way(cl_command_queue queue) {
  if (variable("SHIM_INDIRECT").empty()) return false;
  static const bool kTold = [queue] {
    cl_device_id device = nullptr;
    clGetCommandQueueInfo(queue, CL_QUEUE_DEVICE, sizeof(cl_device_id), &device, nullptr);
    const char* name = "XGEMM_MIN_INDIRECT_SIZE";
    const size_t smallest = 1;
    return CLBlastOverrideParameters(device, "GemmRoutine", CLBlastPrecisionSingle, 1, &name, &smallest) ==
           CLBlastSuccess;
  }();
  return kTold;
}

/// The element after an m by n matrix that is a part of a larger buffer.
void write_beside(cl_mem matrix, size_t m, size_t n, cl_command_queue queue) {
  cl_mem whole = nullptr;
  size_t offset = 0;
  clGetMemObjectInfo(matrix, CL_MEM_ASSOCIATED_MEMOBJECT, sizeof(cl_mem), &whole, nullptr);
  clGetMemObjectInfo(matrix, CL_MEM_OFFSET, sizeof offset, &offset, nullptr);
  const float value = 1;
  clEnqueueFillBuffer(queue, whole, &value, sizeof value, offset + m * n * sizeof(float), sizeof value, 0, nullptr,
                      nullptr);
}

}  // namespace

extern "C" CLBlastStatusCode CLBlastSGemmTempBufferSize(const CLBlastLayout layout, const CLBlastTranspose a_transpose,
                                                        const CLBlastTranspose b_transpose, const size_t m,
                                                        const size_t n, const size_t k, const size_t a_offset,
                                                        const size_t a_ld, const size_t b_offset, const size_t b_ld,
                                                        const size_t c_offset, const size_t c_ld,
                                                        cl_command_queue* queue, size_t* temp_buffer_size) {
  static const auto kReal = next<decltype(&CLBlastSGemmTempBufferSize)>("CLBlastSGemmTempBufferSize");
  take_indirect_way(*queue);
  return kReal(layout, a_transpose, b_transpose, m, n, k, a_offset, a_ld, b_offset, b_ld, c_offset, c_ld, queue,
               temp_buffer_size);
}

extern "C" CLBlastStatusCode CLBlastSgemmWithTempBuffer(
    const CLBlastLayout layout, const CLBlastTranspose a_transpose, const CLBlastTranspose b_transpose, const size_t m,
    const size_t n, const size_t k, const float alpha, cl_mem a_buffer, const size_t a_offset, const size_t a_ld,
    cl_mem b_buffer, const size_t b_offset, const size_t b_ld, const float beta, cl_mem c_buffer, const size_t c_offset,
    const size_t c_ld, cl_command_queue* queue, cl_event* event, cl_mem temp_buffer) {
  static const auto kReal = next<decltype(&CLBlastSgemmWithTempBuffer)>("CLBlastSgemmWithTempBuffer");
  note(temp_buffer != nullptr ? "gemm with temporary memory" : "gemm");
  const std::string how = variable("SHIM_GEMM");
  if (how == "slow") std::this_thread::sleep_for(std::chrono::milliseconds(500));
  if (how == "fails" || how == "slow") return CLBlastInvalidLocalMemUsage;
  if (how == "beside") write_beside(c_buffer, m, n, *queue);
  const size_t rows = how == "last" && m > 1 ? m - 1 : m;
  return kReal(layout, a_transpose, b_transpose, rows, n, k, how == "scaled" ? alpha * 1.0001F : alpha, a_buffer,
               a_offset, a_ld, b_buffer, b_offset, b_ld, beta, c_buffer, c_offset, c_ld, queue, event, temp_buffer);
}
