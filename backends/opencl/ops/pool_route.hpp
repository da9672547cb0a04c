// Max-pooling and dropout behind a convolution's LeakyReLU.
#pragma once

#include "step.hpp"

namespace sateen::opencl {

/// The kernel that pools src, the activated result of the group's convolution, into the group's result.
void add_pool_route_forward(StepBuilder& builder, Place src);

/// What a kernel is told that ends as pool_route.clh's drop_and_store does, in the order of its parameters. The buffers:
/// cursor, dst and route, `any` where there is none.
void add_drop_buffers(StepBuilder& builder, CallBuilder& call, Place any);
/// Whether there is a dropout, seed, first_group, stream, threshold, scale, and whether routes are wanted.
void add_drop_numbers(const StepBuilder& builder, CallBuilder& call);

/// What the way back multiplies the gradients with that dropout kept.
float dropout_scale(const Group& group);

}  // namespace sateen::opencl
