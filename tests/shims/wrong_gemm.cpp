// A CLBlast whose GEMM answers wrong. SHIM_GEMM says how:
//   scaled  every result is 1.0001 times what it should be     last  the last row of the result is not computed
//   fails   the call returns an error                          right  nothing is wrong
// SHIM_LOG: a file that gets a line for each call.
#include <cstdio>
#include <cstdlib>
#include <string>

#include <clblast_c.h>
#include <dlfcn.h>

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

void note(const char* line) {
  const std::string file = variable("SHIM_LOG");
  if (file.empty()) return;
  if (std::FILE* log = std::fopen(file.c_str(), "a")) {
    std::fprintf(log, "%s\n", line);
    std::fclose(log);
  }
}

}  // namespace

extern "C" CLBlastStatusCode CLBlastSgemmWithTempBuffer(
    const CLBlastLayout layout, const CLBlastTranspose a_transpose, const CLBlastTranspose b_transpose, const size_t m,
    const size_t n, const size_t k, const float alpha, cl_mem a_buffer, const size_t a_offset, const size_t a_ld,
    cl_mem b_buffer, const size_t b_offset, const size_t b_ld, const float beta, cl_mem c_buffer, const size_t c_offset,
    const size_t c_ld, cl_command_queue* queue, cl_event* event, cl_mem temp_buffer) {
  static const auto kReal =
      reinterpret_cast<decltype(&CLBlastSgemmWithTempBuffer)>(dlsym(RTLD_NEXT, "CLBlastSgemmWithTempBuffer"));
  note("gemm");
  const std::string how = variable("SHIM_GEMM");
  if (how == "fails") return CLBlastInvalidLocalMemUsage;
  const size_t rows = how == "last" && m > 1 ? m - 1 : m;
  return kReal(layout, a_transpose, b_transpose, rows, n, k, how == "scaled" ? alpha * 1.0001F : alpha, a_buffer,
               a_offset, a_ld, b_buffer, b_offset, b_ld, beta, c_buffer, c_offset, c_ld, queue, event, temp_buffer);
}
