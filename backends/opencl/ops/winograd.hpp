// Convolutions by Winograd's F(4×4, 3×3).
#pragma once

#include "sateen/sdk/op_shapes.hpp"
#include "step.hpp"

namespace sateen::opencl {

/// The variants of such convolutions.
inline constexpr const char* kWinograd = "winograd";
inline constexpr const char* kDirect = "direct";

/// Whether a convolution with `channels` of source and `columns` of result can be computed so on such a device.
bool winograd_fits(const Tuning& tuning, const sdk::Axis& y, const sdk::Axis& x, int64_t channels, int64_t columns);

/// The same for a forward pass. Not in a training step: its rounding, ten times that of a direct sum, would turn maxima of
/// pools and signs of LeakyReLUs that are close calls, and with them where gradients go. The way back is linear.
bool winograd_forward_fits(const sdk::GraphView& graph, const Tuning& tuning, const sdk::Conv2dShape& s);

/// The same for the gradients by weights and bias, whose sums and scratch are larger.
bool winograd_gradient_fits(const Tuning& tuning, const sdk::Conv2dShape& s);

/// dst = leaky(src * weights + bias), or, where the group has a pool, what it makes of that.
void add_winograd_forward(StepBuilder& builder, const sdk::Conv2dShape& s);

/// The gradient by the source: a convolution of diff_dst with turned weights.
void add_winograd_backward_data(StepBuilder& builder, const sdk::Conv2dShape& s);

/// The gradients by weights and bias.
void add_winograd_backward_weights(StepBuilder& builder, const sdk::Conv2dShape& s);

}  // namespace sateen::opencl
