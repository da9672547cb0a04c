// Max-pooling and dropout behind a convolution's LeakyReLU.
#pragma once

#include "step.hpp"

namespace sateen::opencl {

/// The kernel that pools src, the activated result of the group's convolution, into the group's result.
void add_pool_route_forward(StepBuilder& builder, Place src);

/// What dropout's part of a kernel is told, in the order of its parameters: whether there is one, seed, first_group, stream,
/// threshold, scale, and whether routes are wanted.
void add_dropout_arguments(const StepBuilder& builder, CallBuilder& call);

/// What the way back multiplies the gradients with that dropout kept.
float dropout_scale(const Group& group);

}  // namespace sateen::opencl
