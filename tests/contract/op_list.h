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
  size_t n_sizes;
  const size_t* size; /* of every structure, in the order of the header */
} contract_view;

contract_view contract_in_c(void);

/* The same text makes both views. */
#define CONTRACT_ROW(constant, number, name, n_src, n_dst) {constant, n_src, n_dst, name},
#define CONTRACT_SIZES                                                                                               \
  sizeof(sateen_device_info), sizeof(sateen_host), sizeof(sateen_storage), sizeof(sateen_tensor), sizeof(sateen_op), \
      sizeof(sateen_graph), sizeof(sateen_binding), sizeof(sateen_gather_attrs), sizeof(sateen_conv2d_attrs),        \
      sizeof(sateen_max_pool2d_attrs), sizeof(sateen_leaky_relu_attrs), sizeof(sateen_dropout_attrs),                \
      sizeof(sateen_adam_attrs), sizeof(sateen_augment_attrs), sizeof(sateen_batch_norm_attrs),                      \
      sizeof(sateen_backend), sizeof(sateen_op_profile), sizeof(sateen_profile), sizeof(sateen_remarks),             \
      sizeof(sateen_describe), sizeof(sateen_peak_rates), sizeof(sateen_peak)

#ifdef __cplusplus
}
#endif
