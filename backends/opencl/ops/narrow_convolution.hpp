// Convolutions of pictures with few channels, together with the pool behind them.
#pragma once

#include "sateen/sdk/op_shapes.hpp"
#include "step.hpp"

namespace sateen::opencl {

/// Whether such a device computes a convolution of this shape so, where a pool by two is in its group.
bool narrow_convolution_fits(const Tuning& tuning, const sdk::Conv2dShape& s);

/// The group of a convolution with its LeakyReLU, pool and dropout.
void add_narrow_convolution_forward(StepBuilder& builder, const sdk::Conv2dShape& s);

/// The group of the way back through dropout, pool and LeakyReLU that ends with the gradient by weights and bias.
void make_narrow_convolution_gradient(StepBuilder& builder);

}  // namespace sateen::opencl
