// How much arithmetic a model needs: what the speed of a device is held against.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sateen/export.hpp"
#include "sateen/model.hpp"

namespace SATEEN_PUBLIC sateen {

/// An operation of a step, by its name in graphs and profiles, and what it takes for one sample.
struct OperationFlops {
  std::string operation;  ///< "conv2.backward_weights"
  uint64_t flops = 0;     ///< f32 operations for one sample
};

/// The convolutions and dense layers of a forward pass, or of a training step, in the order of the layers. A multiply-add
/// is two operations, so that a layer's forward pass takes
///   convolution  2 · out_height · out_width · out_channels · kernel_height · kernel_width · in_channels
///   dense        2 · in · out
/// and each of its two gradients, by the weights and by the source, as many; the first layer with weights has no gradient
/// by its source. Counted as a direct computation does it, also where a backend finds a shorter way (Winograd), and
/// without what is little beside it: bias, pooling, activations, batch normalisation, loss and optimizer. The published
/// network: 15.4 million forward, 45.8 million in training. Throws Error(kUsage) beyond 64 bits.
std::vector<OperationFlops> count_flops(const Sequential& model, bool training);

/// Their sum.
uint64_t total_flops(const std::vector<OperationFlops>& operations);

}  // namespace sateen
