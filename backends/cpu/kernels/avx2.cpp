// The kernels for x86-64 with AVX2 and FMA.
#define SATEEN_TABLE kAvx2Kernels
#define SATEEN_NAME "avx2"
#define SATEEN_LANES 8
#define SATEEN_ROWS 6
#include "kernels/table.inc"
