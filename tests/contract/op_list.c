/* The contract as a C11 compiler reads it. */
#include "op_list.h"

static const op_row kOps[] = {SATEEN_FOR_EACH_OP(CONTRACT_ROW)};

contract_view contract_in_c(void) {
  contract_view view;
  view.abi_major = SATEEN_ABI_MAJOR;
  view.abi_minor = SATEEN_ABI_MINOR;
  view.max_rank = SATEEN_MAX_RANK;
  view.none = SATEEN_NONE;
  view.n_ops = sizeof kOps / sizeof kOps[0];
  view.op = kOps;
  return view;
}
