// Which function prepares which operation.
#pragma once

#include "step.hpp"

namespace sateen::opencl {

void make_gather(StepBuilder& builder);
void make_conv2d_forward(StepBuilder& builder);
void make_conv2d_backward_data(StepBuilder& builder);
void make_conv2d_backward_weights(StepBuilder& builder);
void make_max_pool2d_forward(StepBuilder& builder);
void make_max_pool2d_backward(StepBuilder& builder);
void make_leaky_relu_forward(StepBuilder& builder);
void make_leaky_relu_backward(StepBuilder& builder);
void make_dense_forward(StepBuilder& builder);
void make_dense_backward_data(StepBuilder& builder);
void make_dense_backward_weights(StepBuilder& builder);
void make_dropout(StepBuilder& builder);
void make_softmax(StepBuilder& builder);
void make_softmax_cross_entropy(StepBuilder& builder);
void make_adam(StepBuilder& builder);
void make_advance(StepBuilder& builder);
void make_augment(StepBuilder& builder);
void make_batch_norm(StepBuilder& builder);
void make_batch_norm_train(StepBuilder& builder);
void make_batch_norm_backward(StepBuilder& builder);
/// A group of kind kBackward.
void make_way_back(StepBuilder& builder);

using StepMaker = void (*)(StepBuilder&);

/// Null for a kind that this backend can't do.
StepMaker find_step_maker(uint32_t kind);

}  // namespace sateen::opencl
