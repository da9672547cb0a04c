// The kernels for x86-64 with AVX-512 F, VL, DQ and BW.
#define SATEEN_TABLE kAvx512Kernels
#define SATEEN_NAME "avx512"
#define SATEEN_LANES 16
#define SATEEN_ROWS 12
#include "kernels/table.inc"
