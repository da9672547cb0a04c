// Which function prepares which operation.
#pragma once

#include "step.hpp"

namespace sateen::cpu {

Step make_gather(StepBuilder& builder);
Step make_conv2d_forward(StepBuilder& builder);
Step make_conv2d_backward_data(StepBuilder& builder);
Step make_conv2d_backward_weights(StepBuilder& builder);
Step make_max_pool2d_forward(StepBuilder& builder);
Step make_max_pool2d_backward(StepBuilder& builder);
Step make_leaky_relu_forward(StepBuilder& builder);
Step make_leaky_relu_backward(StepBuilder& builder);
Step make_dense_forward(StepBuilder& builder);
Step make_dense_backward_data(StepBuilder& builder);
Step make_dense_backward_weights(StepBuilder& builder);
Step make_dropout(StepBuilder& builder);
Step make_softmax(StepBuilder& builder);
Step make_softmax_cross_entropy(StepBuilder& builder);
Step make_adam(StepBuilder& builder);
Step make_advance(StepBuilder& builder);
Step make_augment(StepBuilder& builder);
Step make_batch_norm(StepBuilder& builder);
Step make_batch_norm_train(StepBuilder& builder);
Step make_batch_norm_backward(StepBuilder& builder);

using StepMaker = Step (*)(StepBuilder&);

/// Null for a kind that this backend can't do.
StepMaker find_step_maker(uint32_t kind);

}  // namespace sateen::cpu
