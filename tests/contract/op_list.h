/* What one language sees in backend.h, in a form that the other can compare. */
#pragma once

#include "sateen/backend.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  uint32_t kind, n_src, n_dst;
  const char* name;
} op_row;

typedef struct {
  uint32_t abi_major, abi_minor, max_rank, none;
  size_t n_ops;
  const op_row* op;
} contract_view;

contract_view contract_in_c(void);

/* The same text makes both views. */
#define CONTRACT_ROW(constant, number, name, n_src, n_dst) {constant, n_src, n_dst, name},

#ifdef __cplusplus
}
#endif
