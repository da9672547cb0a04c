// Which function prepares which operation.
#include "op_table.hpp"

namespace sateen::cpu {

StepMaker find_step_maker(uint32_t kind) {
  switch (kind) {
    case SATEEN_OP_GATHER:
      return make_gather;
    case SATEEN_OP_CONV2D_FORWARD:
      return make_conv2d_forward;
    case SATEEN_OP_CONV2D_BACKWARD_DATA:
      return make_conv2d_backward_data;
    case SATEEN_OP_CONV2D_BACKWARD_WEIGHTS:
      return make_conv2d_backward_weights;
    case SATEEN_OP_MAX_POOL2D_FORWARD:
      return make_max_pool2d_forward;
    case SATEEN_OP_MAX_POOL2D_BACKWARD:
      return make_max_pool2d_backward;
    case SATEEN_OP_LEAKY_RELU_FORWARD:
      return make_leaky_relu_forward;
    case SATEEN_OP_LEAKY_RELU_BACKWARD:
      return make_leaky_relu_backward;
    case SATEEN_OP_DENSE_FORWARD:
      return make_dense_forward;
    case SATEEN_OP_DENSE_BACKWARD_DATA:
      return make_dense_backward_data;
    case SATEEN_OP_DENSE_BACKWARD_WEIGHTS:
      return make_dense_backward_weights;
    case SATEEN_OP_DROPOUT:
      return make_dropout;
    case SATEEN_OP_SOFTMAX:
      return make_softmax;
    case SATEEN_OP_SOFTMAX_CROSS_ENTROPY:
      return make_softmax_cross_entropy;
    case SATEEN_OP_ADAM:
      return make_adam;
    case SATEEN_OP_ADVANCE:
      return make_advance;
    case SATEEN_OP_AUGMENT:
      return make_augment;
    case SATEEN_OP_BATCH_NORM:
      return make_batch_norm;
    case SATEEN_OP_BATCH_NORM_TRAIN:
      return make_batch_norm_train;
    case SATEEN_OP_BATCH_NORM_BACKWARD:
      return make_batch_norm_backward;
    default:
      return nullptr;
  }
}

}  // namespace sateen::cpu
