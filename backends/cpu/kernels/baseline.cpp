// The kernels for plain C++ on vectors of four floats: SSE2, NEON or whatever the compiler makes of them.
#define SATEEN_TABLE kBaselineKernels
#define SATEEN_NAME "baseline"
#define SATEEN_LANES 4
#define SATEEN_ROWS 4
#include "kernels/table.inc"
